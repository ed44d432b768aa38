// A Vite plugin: Astro's own runtime modules are loaded by Node where it can, not through Vite's transforms.
//
// Astro's dev server asks Vite for some 300 of its own files before it can answer the first request: two thirds of the
// time to the first page, spent on files that never change and that this process has loaded already. Only those that
// need Vite are left to it: what reads `import.meta.env` (or `hot`, `glob`), what imports a virtual module, and whatever
// imports one of these, because a module that Node loads can import nothing that only Vite can resolve.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { remembered } from "./remembered.mjs";
import { servedModules } from "./served_modules.mjs";

const OF_VITE = /^\.(?:env|hot|glob)\b/;
// `astro:` and `virtual:` are virtual modules, `#` and the package's own name go through its conditions, `?` is a loader.
const RESOLVED_BY_VITE = /^(?:astro[:/]|virtual:|#)|\?/;

// Where dynamic imports and `import.meta` stand in es-module-lexer's list.
const META = -2;

// What a file imports, or null when it has something only Vite understands.
function importsOf(file, parse) {
  const code = fs.readFileSync(file, "utf8");
  const specifiers = [];
  for (const { n: specifier, d: kind, e: end } of parse(code)[0]) {
    if (kind === META ? OF_VITE.test(code.slice(end, end + 6)) : RESOLVED_BY_VITE.test(specifier ?? "")) return null;
    if (specifier?.startsWith(".")) specifiers.push(specifier);
  }
  return specifiers;
}

// Whether Node can load a file: it and everything it reaches by relative imports.
export function plainModules(parse) {
  const known = new Map();
  return function plain(file) {
    if (known.has(file)) return known.get(file);
    const reached = new Set([file]);
    for (const each of reached) {
      if (known.get(each)) continue;
      const imports = known.get(each) === false || !fs.existsSync(each) ? null : importsOf(each, parse);
      if (imports === null) {
        known.set(each, false);
        known.set(file, false);
        return false;
      }
      for (const specifier of imports) reached.add(path.resolve(path.dirname(each), specifier));
    }
    for (const each of reached) known.set(each, true);
    return true;
  };
}

export function nativeModules(astro, parse) {
  const home = path.join(fs.realpathSync(astro), "dist") + path.sep;
  const verdicts = remembered("native-modules");
  const look = plainModules(parse);

  function plain(file) {
    const name = path.relative(home, file);
    if (verdicts.recall(name) === undefined) verdicts.learn(name, look(file));
    return verdicts.recall(name);
  }

  return {
    name: "native-modules",
    configureServer(server) {
      const environment = server.environments.ssr;
      const fetchModule = environment.fetchModule.bind(environment);
      const fetchServed = servedModules(environment, home);
      environment.fetchModule = (id, importer, options) => {
        const file = id.replace(/^(?:file:\/\/|\/@fs(?=\/))/, "");
        if (!file.startsWith(home) || !file.endsWith(".js")) return fetchModule(id, importer, options);
        if (!plain(file)) return fetchServed(id, file, importer, options);
        return Promise.resolve({ externalize: pathToFileURL(file).href, type: "module" });
      };
    },
  };
}
