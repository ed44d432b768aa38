// Where the installed packages' imports lead, remembered from one process to the next.
//
// Astro and Vite are some thousand modules, and finding each costs Node more than running most of them: it asks the
// file system again what the process before has asked. The installed packages never change below their folder.

import fs from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

import { remembered } from "./remembered.mjs";

// Remembers the imports among the modules below `nodeModules`.
export function rememberResolved(nodeModules) {
  const home = pathToFileURL(fs.realpathSync(nodeModules)).href + "/";
  const memory = remembered("resolved-modules");

  registerHooks({
    resolve(specifier, context, next) {
      // A site's own modules may move; and what `require` finds is another question with another answer.
      if (!context.parentURL?.startsWith(home) || !context.conditions.includes("import")) return next(specifier, context);
      const key = `${context.parentURL.slice(home.length)} ${specifier}`;
      const known = memory.recall(key);
      if (known !== undefined) {
        const [url, format] = known;
        return { url: home + url, format, importAttributes: context.importAttributes, shortCircuit: true };
      }
      const found = next(specifier, context);
      if (found.url.startsWith(home)) memory.learn(key, [found.url.slice(home.length), found.format]);
      return found;
    },
  });
}
