"""The tables of docs/timing-validation.md and what they come to."""
import pathlib
import re
import statistics
import string

REPEATS_WITHIN = 0.03  # of a measurement


def error(result):
    return result["list_us"] / result["measured_us"] - 1


def inside(result):
    """Whether the measurement lies in [ideal, program], give or take what measuring again does."""
    slack = REPEATS_WITHIN * result["measured_us"]
    return result["ideal_us"] - slack <= result["measured_us"] <= result["program_us"] + slack


def figure(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def row_line(result):
    name = result["kernel"] + (" *" if result["held"] else "")
    if "fault" in result:
        why = re.sub(r" at instruction .*?\): ", ": ", result["fault"]).partition(";")[0]
        return "| " + " | ".join([result["target"], name, figure(result["measured_us"]), "", "", "",
                                  why, result["source"]]) + " |"
    sign = "" if inside(result) else " **outside**"
    return "| " + " | ".join([
        result["target"], name, figure(result["measured_us"]), figure(result["ideal_us"]),
        figure(result["list_us"]), figure(result["program_us"]),
        f"{100 * error(result):+.0f} %{sign}", result["source"]]) + " |"


def summary_line(name, results):
    timed = [one for one in results if "fault" not in one]
    if not timed:
        return None
    errors = sorted(abs(error(one)) for one in timed)
    ninth = errors[min(len(errors) - 1, int(0.9 * len(errors)))]
    within = sum(inside(one) for one in timed)
    bias = statistics.median(error(one) for one in timed)
    median = statistics.median(errors)
    return (f"| {name} | {len(timed)} | {100 * bias:+.0f} % | {100 * median:.0f} % "
            f"| {100 * ninth:.0f} % | {within} of {len(timed)} |")


def family(result):
    name = re.sub(r"( [0-9x]+)+$", "", result["kernel"].split(",")[0].split(" of ")[0])
    return f"{result['target']} {name}"


def summary(results):
    lines = ["| rows | number | bias | median abs. error of list | p90 | in [ideal, program] |",
             "| --- | ---: | ---: | ---: | ---: | ---: |",
             summary_line("all", results),
             summary_line("used in the choice of constants",
                          [one for one in results if not one["held"]]),
             summary_line("held out", [one for one in results if one["held"]])]
    for name in dict.fromkeys(family(one) for one in results):
        lines.append(summary_line(name, [one for one in results if family(one) == name]))
    return "\n".join(line for line in lines if line)


def table(results):
    lines = ["| target | kernel | measured | ideal | list | program | list against measured "
             "| source |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"]
    return "\n".join([*lines, *(row_line(one) for one in results)])


def tables(results):
    return summary(results) + "\n\n" + table(results)


def page(results):
    template = pathlib.Path(__file__).with_name("page.md").read_text()
    return string.Template(template).substitute(summary=summary(results), rows=table(results))
