/** One set-up at a time in one folder, also after a set-up that was killed. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const BEAT_MS = 1000
const SILENT_MS = 15_000
const LOOK_AGAIN_MS = 200

/**
 * Runs `work` while no other process holds the lock directory, and gives the lock back whatever happens.
 * A holder that died, or that has shown no sign of life for 15 s, loses it. `waiting` is told once about the holder.
 */
export async function withLock(directory, work, waiting) {
  await take(directory, waiting)
  const beat = setInterval(() => touch(directory), BEAT_MS)
  const release = () => rmSync(directory, { recursive: true, force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    process.off('exit', release)
    release()
  }
}

async function take(directory, waiting) {
  let told = false
  while (!tryTake(directory)) {
    const holder = readHolder(directory)
    if (isStale(directory, holder)) {
      removeStale(directory, holder)
      continue
    }
    if (!told) waiting?.(holder?.pid)
    told = true
    await delay(LOOK_AGAIN_MS)
  }
}

function tryTake(directory) {
  try {
    mkdirSync(directory)
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
  writeFileSync(join(directory, 'holder.json'), JSON.stringify({ pid: process.pid, host: hostname() }))
  return true
}

function readHolder(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, 'holder.json'), 'utf8'))
  } catch {
    return undefined // gone, or not written yet
  }
}

function isStale(directory, holder) {
  if (holder?.host === hostname() && !isAlive(holder.pid)) return true
  const { mtimeMs } = statSync(directory, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
  return Date.now() - mtimeMs > SILENT_MS
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Moves the directory away first: of two that find it stale, the second must not take away the lock of the first. */
function removeStale(directory, stale) {
  const aside = `${directory}.${process.pid}`
  try {
    renameSync(directory, aside)
    const moved = readHolder(aside)
    if (moved?.pid !== stale?.pid) renameSync(aside, directory)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  }
  rmSync(aside, { recursive: true, force: true })
}

function touch(directory) {
  try {
    utimesSync(directory, new Date(), new Date())
  } catch {
    // Taken over by another after a long sleep of this machine; its work repairs what this one leaves.
  }
}
