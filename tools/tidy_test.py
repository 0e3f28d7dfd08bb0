#!/usr/bin/env python3
"""Each rule of tidy.py fires on its fault and is silent without it."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import tidy

README = "\n\n".join(f"## {heading}" for heading in tidy.HEADINGS) + "\n"
ORDER = "switchyard_library(base)\nswitchyard_library(upper)\nswitchyard_library(cli)\n"
HEADER = "#pragma once\n"


class Tree:
    """A small correct house in a temporary folder."""

    def __init__(self, root):
        self.root = Path(root)
        self.write("src/CMakeLists.txt", ORDER)
        self.write(".clang-format", "DisableFormat: true\n")
        for folder in ("base", "upper", "cli"):
            self.write(f"src/{folder}/README.md", README)
            self.write(f"src/{folder}/{folder}.h", HEADER)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def faults(self):
        with contextlib.redirect_stdout(io.StringIO()):
            return tidy.check_tree(self.root)


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Tree(folder.name)

    def expect(self, name, text, fault):
        self.tree.write(name, text)
        faults = self.tree.faults()
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(fault, faults[0])

    def expect_none(self, name, text):
        self.tree.write(name, text)
        self.assertEqual(self.tree.faults(), [])

    def test_a_correct_house_has_no_fault(self):
        self.assertEqual(self.tree.faults(), [])

    def test_an_include_goes_up_the_list_only(self):
        self.expect_none("src/upper/a.cc", '#include "base/base.h"\n')
        self.expect(
            "src/base/a.cc",
            '\n#include "upper/upper.h"\n',
            "src/base/a.cc:2: base/ may not include upper/",
        )

    def test_a_quoted_include_resolves_from_src(self):
        self.expect("src/base/a.cc", '#include "base.h"\n', "src/base/a.cc:1: ")

    def test_throw_stands_in_cli_only(self):
        self.expect_none("src/cli/a.cc", "void f() { throw 1; }\n")
        self.expect_none("src/base/a.cc", '// throw\nconst char* s = "throw";\n')
        self.expect("src/base/a.cc", "void f() { throw 1; }\n", "src/base/a.cc:1: throw")

    def test_functions_whose_bits_differ_by_cpu_stand_in_tests_only(self):
        self.expect_none("src/base/a_test.cc", "double x = std::exp(1.0);\n")
        self.expect_none("src/base/a.cc", "double x = std::sqrt(std::log10(1.0));\n")
        self.expect("src/base/a.cc", "double x = std::exp(1.0);\n", "a.cc:1: std::exp(): its bits")

    def test_a_header_is_guarded(self):
        self.expect("src/base/a.h", "int f();\n", "pragma once")

    def test_a_line_has_at_most_100_columns(self):
        self.expect_none("tools/a.py", "#" * 100 + "\n")
        self.expect_none("README.md", "#" * 101 + "\n")
        self.expect("tools/a.py", "#" * 101 + "\n", "a.py:1: 101 columns")

    def test_a_file_has_at_most_500_lines(self):
        self.expect_none("tools/a.py", "#\n" * 500)
        self.expect("tools/a.py", "#\n" * 501, "501 lines")

    def test_a_function_has_at_most_80_lines(self):
        def function(lines):
            return "namespace n {\nvoid f(int a) {\n" + "  g();\n" * (lines - 2) + "}\n}  // n\n"

        self.expect_none("src/base/a.cc", function(80))
        self.expect("src/base/a.cc", function(81), "src/base/a.cc:2: a function of 81 lines")

    def test_a_long_method_and_a_long_constructor_are_found(self):
        body = "    g();\n" * 81
        method = "class C {\n  int a() const { return 1; }\n  void f() {\n" + body + "  }\n};\n"
        self.expect("src/base/a.cc", method, "src/base/a.cc:3: a function")
        self.expect("src/base/a.cc", "C::C() : a_{1} {\n" + body + "}\n", "a function")

    def test_a_long_class_or_table_is_no_function(self):
        table = "const int kTable[] = {\n" + "    1,\n" * 90 + "};\n"
        members = "struct S {\n" + "  int a = f(1);\n" * 90 + "};\n"
        self.expect_none("src/base/a.cc", table + members)

    def test_braces_in_strings_and_comments_do_not_count(self):
        text = "void f() {\n  g('{', \"{\", 1'000, R\"({)\");  // {\n}\n" + "int a;\n" * 90
        self.tree.write("src/base/a.cc", text)
        self.assertEqual(list(tidy.check_functions(text)), [])

    def test_whitespace_is_clean(self):
        self.expect("README.md", "a \n", "README.md:1: trailing whitespace")
        self.expect("README.md", "a\tb\n", "README.md:1: a tab")
        self.expect("README.md", "a", "newline")

    def test_unfinished_work_is_not_marked_in_the_tree(self):
        self.expect("README.md", "a\n" + "TO" + "DO: more\n", "README.md:2: unfinished")
        self.expect_none("README.md", "XX" * 3 + "\n")

    def test_a_script_without_an_ending_is_read(self):
        self.expect("run", "#!/bin/sh\n" + "#" * 101 + "\n", "run:2: 101 columns")

    def test_each_folder_is_listed_and_explained(self):
        self.tree.write("src/stray/README.md", README)
        self.assertEqual(self.tree.faults(), ["src/stray: is not in src/CMakeLists.txt"])

    def test_a_readme_has_all_headings(self):
        self.expect("src/base/README.md", README.replace("## Sources", ""), '"Sources"')
        (self.tree.root / "src/base/README.md").unlink()
        self.assertEqual(self.tree.faults(), ["src/base/README.md: is missing"])

    @unittest.skipUnless(tidy.shutil.which(tidy.FORMATTER), f"{tidy.FORMATTER} is not installed")
    def test_cpp_is_formatted(self):
        self.tree.write(".clang-format", "BasedOnStyle: Google\n")
        self.expect("src/base/a.cc", "int   a;\n", "src/base/a.cc: is not formatted")


if __name__ == "__main__":
    unittest.main()
