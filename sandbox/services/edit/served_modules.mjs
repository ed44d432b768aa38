// What Vite makes of Astro's own modules, remembered from one process to the next.
//
// Some forty of Astro's modules cannot be loaded by Node (see native_modules.mjs), and Vite reads, parses and rewrites
// them anew in each process: a quarter of a start. Neither they nor what Vite makes of them differ between sites whose
// settings are the same; the memory is of those settings, and a module that asks for its site's environment is no
// part of it.

import { createHash } from "node:crypto";
import fs from "node:fs";

import { remembered } from "./remembered.mjs";

const OF_THE_SITE = /import\.meta\.(?:env|hot|glob)/;
// Vite marks an import of what has changed meanwhile with the time.
const OF_A_CHANGE = /[?&]t=\d/;
// Vite ends what it made with a source map for stack traces; none leads into Astro.
const SOURCE_MAP = /\n\/\/# source(?:URL|MappingSource)=[^]*$/;

// Whatever may change what becomes of a module: where it lies, how imports are resolved, and every plugin, each of
// which a site may add. The session's path is none of it. Plugins count as the same if their text is; what they were
// made with does not show, and would matter only to one that rewrites Astro itself.
function fingerprint({ plugins, define, resolve, base }, home) {
  const hooks = plugins.map(({ name, enforce, resolveId, load, transform }) => [name, enforce, resolveId, load, transform]);
  const text = JSON.stringify([home, hooks, define, resolve], (_key, value) =>
    typeof value === "function" || value instanceof RegExp ? String(value) : value,
  );
  return createHash("sha256").update(text.replaceAll(base.replace(/\/$/, ""), "")).digest("hex").slice(0, 16);
}

// A function that fetches one of the modules below `home` as `environment.fetchModule` does, with `file` after the id.
export function servedModules(environment, home) {
  const memory = remembered(`served-modules-${fingerprint(environment.config, home)}`);
  const fetchModule = environment.fetchModule.bind(environment);
  const graph = environment.moduleGraph;

  async function recall(id, { imports, ...made }) {
    const module = await graph.ensureEntryFromUrl(id);
    if (module.transformResult) return;
    // What it imports must know it, or a change there would not reach it. A changed one is Vite's to make again.
    await graph.updateModuleInfo(module, new Set(imports), null, new Set(), null, false);
    module.transformResult = { ...made, map: null, ssr: true };
  }

  function learn(file) {
    const module = graph.getModuleById(file);
    const { code, deps, dynamicDeps } = module.transformResult;
    if (OF_THE_SITE.test(fs.readFileSync(file, "utf8"))) memory.learn(file, null);
    else if (!OF_A_CHANGE.test(code)) {
      const imports = [...module.importedModules].map(({ url }) => url);
      memory.learn(file, { code: code.replace(SOURCE_MAP, ""), deps, dynamicDeps, imports });
    }
  }

  return async function fetch(id, file, importer, options) {
    const known = memory.recall(file);
    // Whoever has it already asks whether it is still good: only Vite knows.
    if (known && !options?.cached) await recall(id, known);
    const fetched = await fetchModule(id, importer, options);
    if (known === undefined && fetched.code !== undefined) learn(file);
    return fetched;
  };
}
