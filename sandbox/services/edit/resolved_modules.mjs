// Where the installed packages' imports lead, remembered from one process to the next.
//
// Astro and Vite are some thousand modules, and finding each costs Node more than running most of them: it asks the
// file system again what the process before has asked. The installed packages never change below their folder, so the
// answers are kept beside Node's compile cache, which is kept for the same reason.

import fs from "node:fs";
import { getCompileCacheDir, registerHooks } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    // Not written yet, or not to its end: found anew.
    if (error.code === "ENOENT" || error instanceof SyntaxError) return {};
    throw error;
  }
}

// Remembers the imports among the modules below `nodeModules`; returns the function that keeps what was learned.
export function rememberResolved(nodeModules) {
  const folder = getCompileCacheDir();
  if (folder === undefined) return () => {};
  const file = path.join(folder, "resolved-modules.json");
  const home = pathToFileURL(fs.realpathSync(nodeModules)).href + "/";
  const known = read(file);
  let learned = false;

  registerHooks({
    resolve(specifier, context, next) {
      // A site's own modules may move; and what `require` finds is another question with another answer.
      if (!context.parentURL?.startsWith(home) || !context.conditions.includes("import")) return next(specifier, context);
      const key = `${context.parentURL.slice(home.length)} ${specifier}`;
      if (Object.hasOwn(known, key)) {
        const [url, format] = known[key];
        return { url: home + url, format, importAttributes: context.importAttributes, shortCircuit: true };
      }
      const found = next(specifier, context);
      if (found.url.startsWith(home)) {
        known[key] = [found.url.slice(home.length), found.format];
        learned = true;
      }
      return found;
    },
  });

  return () => {
    if (!learned) return;
    const fresh = `${file}.${process.pid}`;
    fs.writeFileSync(fresh, JSON.stringify(known));
    fs.renameSync(fresh, file);
  };
}
