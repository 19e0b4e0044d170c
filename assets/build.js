// Writes what the map page needs of other people's work into src/rabita/desk/static/: OpenLayers as one file, symbols
// as pictures, their licences, and the digest of each. The same versions, which package-lock.json pins by the digests of
// their files, give the same bytes. Symbols are drawn here, since the library that draws them is larger than the map's.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import ms from "milsymbol";

const STATIC = "../src/rabita/desk/static/";
const SYMBOL_SIZE_PX = 22;
const LICENCE_FILES = ["LICENSE", "LICENSE.md", "license.md"];

const about = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
const packaged = (path) => path.match(/^node_modules\/([^/]+)\//)?.[1];

// OpenLayers writes two constants as markup, which Trusted Types forbid: here they are written as the text they are.
const text = {
  name: "text",
  setup(building) {
    building.onLoad({ filter: /node_modules\/ol\/.*\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(".innerHTML = ", ".textContent = "),
      loader: "js",
    }));
  },
};

async function bundle() {
  const built = await build({
    entryPoints: ["openlayers.js"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "ascii",
    legalComments: "none",
    metafile: true,
    write: false,
    plugins: [text],
  });
  if (/innerHTML|outerHTML|insertAdjacentHTML|document\.write/.test(built.outputFiles[0].text))
    throw new Error("markup");
  const [output] = Object.values(built.metafile.outputs);
  const used = Object.entries(output.inputs).filter(([, each]) => each.bytesInOutput > 0);
  return [built.outputFiles[0].contents, [...new Set(used.map(([path]) => packaged(path)).filter(Boolean))]];
}

function symbols() {
  const codes = Object.entries(JSON.parse(readFileSync("symbols.json", "utf8")));
  return codes.map(([name, sidc]) => {
    const drawn = new ms.Symbol(sidc, { size: SYMBOL_SIZE_PX });
    if (!drawn.isValid()) throw new Error(`${name}: ${sidc} is no symbol`);
    return [`symbol-${name}.svg`, Buffer.from(drawn.asSVG())];
  });
}

function licence(name) {
  const file = LICENCE_FILES.map((each) => `node_modules/${name}/${each}`).find(existsSync);
  if (!file) throw new Error(`${name} has no licence`);
  const text = readFileSync(file, "utf8").replaceAll("\r\n", "\n").trim();
  return `${name} ${about(name).version} (${about(name).license})\n\n${text}\n`;
}

const [code, names] = await bundle();
const sources = [...names, "milsymbol"].sort();
const notices = sources.map(licence).join(`\n${"-".repeat(78)}\n\n`);
const files = [["openlayers.mjs", code], ["openlayers-licences.txt", Buffer.from(notices)], ...symbols()];
for (const [name, raw] of files) writeFileSync(STATIC + name, raw);
const digest = (raw) => createHash("sha256").update(raw).digest("hex");
const manifest = {
  made_of: Object.fromEntries(sources.map((name) => [name, about(name).version])),
  sha256: Object.fromEntries(files.map(([name, raw]) => [name, digest(raw)])),
};
writeFileSync(`${STATIC}openlayers.json`, `${JSON.stringify(manifest, undefined, 1)}\n`);
