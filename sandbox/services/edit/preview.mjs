// Serves one workspace with Astro's dev server under its session's path.
//
// node preview.mjs NODE_MODULES
//   stdin   one JSON line, the settings that preview.py's `preview_settings` makes; then held open: its end is ours
//   stdout  one JSON line per event: {"event": "ready", "status": n} once, {"event": "page"} per page request,
//           {"event": "learned"} once if the settings say that it is to learn
//   stderr  what Astro, Vite and the site's own code say
//
// Astro is loaded before the settings are read, so that a process started while its workspace is opened is warm.
// preview_forks.mjs serves in the same way, in processes that need not load it.

import http from "node:http";
import { createRequire, flushCompileCache } from "node:module";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { duplexPair } from "node:stream";
import { pathToFileURL } from "node:url";

import { nativeModules } from "./native_modules.mjs";
import { keepWhatWasLearned } from "./remembered.mjs";
import { rememberResolved } from "./resolved_modules.mjs";

// Longer than the load balancer keeps an idle connection: it may send a request on one until then.
const KEEP_ALIVE_MS = 75_000;

const emit = process.stdout.write.bind(process.stdout);
// The site's code runs in this process: what it prints must not pass for an event.
process.stdout.write = process.stderr.write.bind(process.stderr);

// Vite lists the machine's addresses to print them; to ask for them takes a socket that the fence does not allow.
os.networkInterfaces = () => ({});

// Tells one event; set by `serve`.
let report;

// Astro, where it is installed, and the parser of imports that it comes with.
export async function loadAstro(nodeModules) {
  rememberResolved(nodeModules);
  const home = path.join(nodeModules, "astro");
  const [entry, lexer] = ["astro", "es-module-lexer"].map((name) =>
    import(pathToFileURL(createRequire(path.join(home, "resolve.js")).resolve(name)).href),
  );
  const { init, parse } = await lexer;
  await init;
  const { dev } = await entry;
  return { dev, home, parse };
}

// The one line that comes in from whoever started us; the end of `input` is ours.
export function readSettings(input) {
  const lines = createInterface({ input });
  lines.once("close", () => process.exit(0));
  return new Promise((resolve) => lines.once("line", (line) => resolve(JSON.parse(line))));
}

// Headers given to writeHead at once, as Astro does, are in the sent head only.
function isHtml(response) {
  const type = response.getHeader("content-type") ?? /^content-type: (.*)$/im.exec(response._header ?? "")?.[1];
  return String(type ?? "").startsWith("text/html");
}

// Astro has Vite bundle its toolbar for every site, though none of these pages shows it: a tenth of a start.
const withoutToolbar = (names = []) => names.filter((name) => !/^astro( > |\/)/.test(name));

// What a page does that has lost its socket: Vite's client waits for the dev server to come back, and reloads. A session
// that has ended does not come back: then, too, the page reloads, and shows what the platform says there of its end.
const WAIT = "await waitForSuccessfulPing(url.href)";
const orUntilItsEnd = (healthPath) => `await Promise.race([waitForSuccessfulPing(url.href), (async () => {
  let status = 0;
  while (status !== 404 && status !== 410) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    status = await fetch(${JSON.stringify(healthPath)}, { cache: "no-store" }).then((answer) => answer.status, () => 0);
  }
})()])`;

// The dev server's identity, page counting and the last word on Vite's settings: a site's own config may add to
// them, but not move the preview off its path or open the file system.
function previewPlugin(settings, state) {
  const health = JSON.stringify(settings.health);

  function answer(request, response, next) {
    const pathname = request.url.split("?", 1)[0];
    response.setHeader("x-service", settings.health.service);
    // Vite would start an editor in this task for whoever asks.
    if (pathname.toLowerCase().includes("/__open-in-editor")) {
      response.statusCode = 404;
      response.end();
      return;
    }
    if (pathname === settings.healthPath) {
      response.setHeader("content-type", "application/json");
      response.setHeader("cache-control", "no-store");
      response.end(request.method === "HEAD" ? undefined : health);
      return;
    }
    if (request.method === "GET" && state.ready) {
      response.once("finish", () => {
        if (response.statusCode >= 200 && response.statusCode < 300 && isHtml(response)) report({ event: "page" });
      });
    }
    next();
  }

  return {
    name: "live-preview",
    enforce: "post",
    config(config) {
      config.optimizeDeps = { ...config.optimizeDeps, include: withoutToolbar(config.optimizeDeps?.include) };
      config.base = settings.viteBase;
      // Astro would have it follow its own `base`; links that a site makes with it must stay on the session's path.
      config.define = {
        ...config.define,
        "import.meta.env.BASE_URL": JSON.stringify(`${settings.viteBase.replace(/\/$/, "")}/`),
      };
      config.cacheDir = settings.cacheDir;
      config.server = {
        ...config.server,
        host: settings.host,
        port: settings.port,
        strictPort: true,
        open: false,
        cors: false,
        proxy: undefined,
        hmr: undefined,
        ws: undefined,
        allowedHosts: settings.allowedHosts,
        fs: { strict: true, allow: settings.allow },
      };
    },
    configEnvironment(_name, options) {
      if (options.optimizeDeps) options.optimizeDeps.include = withoutToolbar(options.optimizeDeps.include);
    },
    // Vite's client is told where the server listens, as a second address to try: nobody outside is to know, or could
    // reach it. These are the places that Vite would fill in, after the plugins' turn.
    transform(code, id) {
      if (!id.includes("/vite/dist/client/")) return undefined;
      const address = JSON.stringify(`${settings.publicHost}${settings.viteBase.replace(/\/$/, "")}/`);
      const told = code.replace(/\b__(?:SERVER_HOST|HMR_DIRECT_TARGET)__\b/g, address);
      return { code: told.replace(WAIT, orUntilItsEnd(settings.healthPath)), map: null };
    },
    configureServer(server) {
      server.httpServer.keepAliveTimeout = KEEP_ALIVE_MS;
      state.server = server.httpServer;
      // Astro puts its own middlewares in front of Vite's after the plugins' turn; ours goes before them all.
      return () => server.middlewares.stack.unshift({ route: "", handle: answer });
    },
  };
}

// The first request compiles the page; asking for it here keeps that out of the visitor's wait. It comes by no address:
// the fence lets nothing in here connect to one.
function warm(server, settings, pathname) {
  const [ours, theirs] = duplexPair();
  server.emit("connection", theirs);
  return new Promise((resolve) => {
    const headers = { accept: "text/html,*/*", host: `${settings.host}:${settings.port}`, connection: "close" };
    const request = http.get(
      { createConnection: () => ours, path: pathname, headers },
      (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode));
      },
    );
    request.once("error", () => resolve(0));
  });
}

// Serves what `settings` say, and tells `write` of it; a function that ends that.
export async function serve({ dev, home, parse }, settings, write) {
  report = (event) => write(JSON.stringify(event) + "\n");
  const state = { ready: false, server: undefined };
  const running = await dev({
    root: settings.root,
    base: settings.base,
    cacheDir: settings.cacheDir,
    trailingSlash: "ignore",
    logLevel: "warn",
    devToolbar: { enabled: false },
    server: { host: settings.host, port: settings.port, open: false, allowedHosts: settings.allowedHosts },
    vite: {
      base: settings.viteBase,
      plugins: [previewPlugin(settings, state), nativeModules(home, parse)],
      server: settings.polling ? { watch: { usePolling: true, interval: 500 } } : {},
    },
  });
  const status = await warm(state.server, settings, `${settings.viteBase.replace(/\/$/, "")}/`);
  state.ready = true;
  report({ event: "ready", status });
  if (settings.learn) {
    flushCompileCache();
    keepWhatWasLearned();
    report({ event: "learned" });
  }
  return () => running.stop();
}

if (import.meta.main) {
  const [astro, settings] = await Promise.all([loadAstro(process.argv[2]), readSettings(process.stdin)]);
  await serve(astro, settings, emit);
}
