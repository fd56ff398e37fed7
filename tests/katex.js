// Renders formulas, read as JSON from standard input; prints, as JSON, what KaTeX says of those that it refuses.
// KaTeX knows no labels, which are for the text around a formula, so that one macro leaves them out.
const katex = require("katex");
const macros = { "\\label": "\\@firstoftwo{}{#1}" };
const refused = [];
for (const [formula, displayMode] of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  try {
    katex.renderToString(formula, { displayMode, throwOnError: true, strict: "error", macros: { ...macros } });
  } catch (error) {
    refused.push([formula, error.message]);
  }
}
console.log(JSON.stringify(refused));
