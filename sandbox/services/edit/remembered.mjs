// What one process has found out about the installed packages, so that the next need not: JSON files beside Node's
// compile cache, which is kept for the same reason (see learning.py). Without a place for it nothing outlives the process.

import fs from "node:fs";
import { getCompileCacheDir } from "node:module";
import path from "node:path";

const memories = [];

function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

class Memory {
  #file;
  #known;
  #learned = false;

  constructor(file) {
    this.#file = file;
    this.#known = file === undefined ? {} : read(file);
  }

  // What `key` was learned to be, undefined when it was not.
  recall(key) {
    return Object.hasOwn(this.#known, key) ? this.#known[key] : undefined;
  }

  learn(key, value) {
    this.#known[key] = value;
    this.#learned = true;
  }

  keep() {
    if (!this.#learned || this.#file === undefined) return;
    this.#learned = false;
    fs.writeFileSync(this.#file, JSON.stringify(this.#known));
  }
}

// The memory of that name, a file name without its ending.
export function remembered(name) {
  const folder = getCompileCacheDir();
  const memory = new Memory(folder === undefined ? undefined : path.join(folder, `${name}.json`));
  memories.push(memory);
  return memory;
}

// Writes what all memories of this process have learned.
export function keepWhatWasLearned() {
  for (const memory of memories) memory.keep();
}
