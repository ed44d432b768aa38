// Previews in processes forked from this one, which has loaded Astro and served the starter site before.
//
// node preview_forks.mjs DESCRIPTOR NODE_MODULES KOFFI ROLLDOWN ROLLDOWN_AGAIN (koffi's folder; Rolldown's addon, a copy)
//   stdin   one JSON line: the settings of a rehearsal; then held open: its end is ours
//   DESCRIPTOR, a Unix socket that listens. A connection's first line is an order in JSON, as node_process.py makes it: the
//           process group `group`, the file `errors` for what is said, the folder `cwd`, the variables `env`, and the
//           `fence` (see fence.py). It is answered with {"pid": n}; from then on it is what stdin and stdout are to
//           preview.mjs.
//
// Loading Astro and running its code for the first time is two thirds of a start, and the memory that this takes is
// shared until somebody writes to it. No customer's code ever runs in this process: each runs in one of its own, behind
// its own fence, as if that had been started anew. Node has no fork(2), so the system's is called; what does not survive
// it, which is every other thread, is either told (libuv), not used (V8, by `--single-threaded`) or loaded again (Rolldown).

import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire, flushCompileCache } from "node:module";
import net from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { loadAstro, readSettings, serve } from "./preview.mjs";
import { keepWhatWasLearned } from "./remembered.mjs";

const REHEARSALS = 2;
// lib/internal/crypto/random.js: 128 UUIDs, 1,024 integers.
const DRAWN_AHEAD = 1_024;
const FURTHER_DRAWS = 2 ** 18;

// mman.h, signal.h, prctl.h, fcntl.h
const DO_FORK = 11;
const SIGCHLD = 17;
const DEFAULT = 0;
const IGNORE = 1;
const NO_NEW_PRIVILEGES = 38;
const SET_FILTER = 22;
const BY_PROGRAM = 2;
const O_PATH = 0o10000000;
// linux/landlock.h: the system calls, the kinds of rules, what a rule for a single file may name, and to listen.
const [CREATE, ADD_RULE, RESTRICT] = [444, 445, 446];
const [BENEATH, PORT] = [1, 2];
const OF_FILES = 0b1100000000000111;
const LISTEN = 1;

const [descriptor, nodeModules, koffiHome, rolldownFile, rolldownAgain] = process.argv.slice(2);
const require = createRequire(path.join(nodeModules, "astro", "package.json"));
const { default: koffi } = await import(pathToFileURL(path.join(koffiHome, "index.js")).href);

const library = koffi.load(null);
const program = koffi.struct("sock_fprog", { steps: "uint16_t", filter: "void *" });
const system = {
  fork: library.func("int fork()"),
  exit: library.func("void _exit(int)"),
  pid: library.func("int getpid()"),
  join: library.func("int setpgid(int, int)"),
  onSignal: library.func("void *signal(int, uintptr_t)"),
  copyTo: library.func("int dup2(int, int)"),
  advise: library.func("int madvise(uintptr_t, size_t, int)"),
  loop: library.func("void *uv_default_loop()"),
  afterFork: library.func("int uv_loop_fork(void *)"),
  control: library.func("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)"),
  filter: library.func("prctl", "int", ["int", "unsigned long", koffi.pointer(program)]),
  create: library.func("syscall", "long", ["long", "void *", "size_t", "uint32_t"]),
  rule: library.func("syscall", "long", ["long", "int", "int", "void *", "uint32_t"]),
  restrict: library.func("syscall", "long", ["long", "int", "uint32_t"]),
};

function must(what, result) {
  if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`);
  return result;
}

// V8 keeps its memory from processes that its own forks become: madvise(2), and proc(5) for what is the kernel's.
function shareMemory() {
  const first = 0x10000n;
  const kernels = fs.readFileSync("/proc/self/maps", "utf8").split("\n").find((line) => /\[vvar/.test(line));
  system.advise(first, BigInt(`0x${kernels.split("-", 1)[0]}`) - first, DO_FORK);
}

function allow(ruleset, [beneath, access]) {
  let descriptor;
  try {
    descriptor = fs.openSync(beneath, O_PATH);
  } catch (error) {
    if (["ENOENT", "EACCES"].includes(error.code)) return;
    throw error;
  }
  // struct landlock_path_beneath_attr is packed.
  const rule = Buffer.alloc(12);
  rule.writeBigUInt64LE(BigInt(fs.fstatSync(descriptor).isDirectory() ? access : access & OF_FILES));
  rule.writeInt32LE(descriptor, 8);
  must(`Landlock's rule for ${beneath}`, system.rule(ADD_RULE, ruleset, BENEATH, rule, 0));
  fs.closeSync(descriptor);
}

// What Fence.put_up does in Python.
function putUp({ ruleset, beneath, ports, filter }) {
  const attributes = Buffer.from(ruleset, "hex");
  const made = must("Landlock's ruleset", system.create(CREATE, attributes, attributes.length, 0));
  for (const rule of beneath) allow(made, rule);
  for (const port of ports) {
    const rule = Buffer.alloc(16);
    rule.writeBigUInt64LE(BigInt(LISTEN));
    rule.writeBigUInt64LE(BigInt(port), 8);
    must(`Landlock's rule for port ${port}`, system.rule(ADD_RULE, made, PORT, rule, 0));
  }
  must("no new privileges", system.control(NO_NEW_PRIVILEGES, 1, 0, 0, 0));
  must("Landlock", system.restrict(RESTRICT, made, 0));
  fs.closeSync(made);
  if (!filter) return;
  const steps = Buffer.from(filter, "hex");
  must("the system call filter", system.filter(SET_FILTER, BY_PROGRAM, { steps: steps.length / 8, filter: steps }));
}

// Makes this forked process what a new one would be. Nothing of a customer's has run, and no second thread yet.
function become({ group, errors, cwd, env, fence }) {
  must("fork", system.afterFork(loop));
  must("the task's process group", system.join(0, group));
  system.onSignal(SIGCHLD, DEFAULT);
  const said = fs.openSync(errors, "a");
  for (const descriptor of [1, 2]) must("output", system.copyTo(said, descriptor));
  fs.closeSync(said);
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  Object.defineProperty(process, "pid", { value: system.pid() });
  // Node's own way out waits for threads that are not there.
  process.reallyExit = system.exit;
  // Node draws what these return ahead, many at a time; after so many none is left that another process has, too.
  for (let each = 0; each < DRAWN_AHEAD; each += 1) crypto.randomUUID() && crypto.randomInt(2);
  // What anybody could guess from another's draws is at least not the same for all.
  for (let left = crypto.randomInt(FURTHER_DRAWS); left > 0; left -= 1) Math.random();
  if (fence) putUp(fence);
  Object.assign(rolldown, require(rolldownAgain));
}

// Forks for one order. The new process goes on in here, too, with all that is under way: it must do none of that again.
async function forkFor(connection, order) {
  // Where libuv looks at no descriptors: it holds on to what it looks at them with.
  await new Promise(setImmediate);
  if (forked) return;
  shareMemory();
  const pid = must("fork", system.fork());
  if (pid > 0) {
    // Not ended: that would end it for the new process.
    connection.write(`{"pid": ${pid}}\n`, () => connection.destroy());
    return;
  }
  forked = true;
  try {
    become(order);
    process.stdin.off("end", end).destroy();
    listening.close();
    for (const other of connections) if (other !== connection) other.destroy();
    await serve(astro, await readSettings(connection), connection.write.bind(connection));
  } catch (error) {
    fs.writeSync(2, `${error.stack}\n`);
    system.exit(1);
  }
}

// The first line that comes in.
function firstLine(input) {
  return new Promise((resolve) => {
    let text = "";
    const take = (data) => {
      text += data;
      if (text.endsWith("\n")) resolve(JSON.parse(text), input.off("data", take));
    };
    input.setEncoding("utf8").on("data", take);
  });
}

const end = () => process.exit(0);
process.stdin.on("end", end);

const loop = system.loop();
const [astro, rehearsal] = await Promise.all([loadAstro(nodeModules), firstLine(process.stdin)]);
const rolldown = require(rolldownFile);
for (let each = 0; each < REHEARSALS; each += 1) await (await serve(astro, rehearsal, () => {}))();
flushCompileCache();
keepWhatWasLearned();
globalThis.gc();

// A process that has ended is not waited for.
system.onSignal(SIGCHLD, IGNORE);
const connections = new Set();
let forked = false;
const listening = net.createServer(async (connection) => {
  connections.add(connection.on("error", () => {}).once("close", () => connections.delete(connection)));
  await forkFor(connection, await firstLine(connection));
});
listening.listen({ fd: Number(descriptor) });
