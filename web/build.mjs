// Bundles src/ and puts script and style into template.html: one file that asks for nothing else.
import { build } from "esbuild";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const SIZE_MAX = 1.5e6;

const bundle = await build({
  entryPoints: ["src/main.ts"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  charset: "ascii",
  legalComments: "none",
  write: false,
});
// "</script" or "<!--" inside a string of the bundle would end or confuse the element it stands in.
const script = bundle.outputFiles[0].text
  .replaceAll("</script", "<\\/script")
  .replaceAll("<!--", "\\x3c!--");
const style = readFileSync("src/style.css", "utf8");
// Functions as replacements: a string would have its "$" patterns expanded.
const page = readFileSync("template.html", "utf8")
  .replace("/*STYLE*/", () => style)
  .replace("/*SCRIPT*/", () => script);
if (page.split('"SWITCHYARD_DATA"').length !== 2) {
  throw new Error("the page must hold the data marker exactly once");
}
if (page.length > SIZE_MAX) {
  throw new Error(`the page has ${page.length} bytes, more than ${SIZE_MAX}`);
}
mkdirSync("dist", { recursive: true });
writeFileSync("dist/report.html", page);
console.log(`dist/report.html: ${page.length} bytes`);
