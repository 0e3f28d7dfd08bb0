#include "report/html.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "report/json.h"
#include "report/service_report.h"

namespace switchyard::report {

namespace {

constexpr std::string_view kMarker = "\"SWITCHYARD_DATA\"";

// JSON that means the same and is inert inside <script>: "</" could end the element, and "<!--"
// would change how an HTML parser looks for its end. Both occur only inside JSON strings.
std::string script_safe(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char next = i + 1 < json.size() ? json[i + 1] : ' ';
    if (json[i] == '<' && next == '/') {
      out += "<\\";
    } else if (json[i] == '<' && next == '!') {
      out += "\\u003c";
    } else {
      out += json[i];
    }
  }
  return out;
}

Result<std::string> page_with(const Json& data, std::string_view template_html) {
  const std::size_t at = template_html.find(kMarker);
  if (at == std::string_view::npos) {
    return fail({.kind = ErrorKind::kIo,
                 .where = "report template",
                 .found = "a page without the marker " + std::string(kMarker),
                 .wanted = "the page built from web/",
                 .hint = "build the target web, or point SWITCHYARD_REPORT_TEMPLATE at "
                         "web/dist/report.html"});
  }
  // Names come from the user's files: bytes that are not UTF-8 are replaced, not thrown at.
  const std::string json = data.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string page(template_html.substr(0, at));
  page += script_safe(json);
  page += template_html.substr(at + kMarker.size());
  return page;
}

}  // namespace

Result<std::string> comparison_page(const planner::Comparison& comparison,
                                    std::string_view template_html) {
  return page_with(to_json(comparison), template_html);
}

Result<std::string> service_page(const planner::ServiceRun& run, std::string_view template_html) {
  return page_with(service_json(run, true), template_html);
}

std::filesystem::path default_template() {
  const char* chosen = std::getenv("SWITCHYARD_REPORT_TEMPLATE");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  return SWITCHYARD_REPORT_TEMPLATE_PATH;
}

}  // namespace switchyard::report
