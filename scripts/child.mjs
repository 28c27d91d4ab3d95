/** Runs another program in the place of this one: same signals in, same end out. */
import { spawn } from 'node:child_process'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP']
const SAME_SIGNAL_MS = 500
const ORPHAN_CHECK_MS = 500
const GRACE_MS = 10_000

/**
 * Runs a program until it ends and resolves to `{code, signal, asked}`: exactly one of the first two is null, and
 * `asked` is the signal, if any, by which this process was asked to stop meanwhile. SIGINT, SIGTERM and SIGHUP are
 * passed on to the program; when npm, which started this process, is killed without a word, it gets SIGTERM and, 10 s later,
 * SIGKILL. Rejects when the program cannot be started.
 */
export function runChild(file, args, options) {
  const child = spawn(file, args, options)
  let asked
  const stopForwarding = forwardSignals(child, signal => {
    asked = signal
  })
  const stopWatching = process.env['npm_lifecycle_event'] ? endWithParent(child) : () => {}
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal, asked }))
  }).finally(() => {
    stopForwarding()
    stopWatching()
  })
}

/** Ends this process as another ended: with its exit code, or by its signal. */
export function endLike({ code, signal }) {
  if (signal) process.kill(process.pid, signal)
  else process.exitCode = code
}

function forwardSignals(child, note) {
  const last = new Map()
  const forward = signal => {
    note(signal)
    // A terminal gives SIGINT to the whole foreground group, so the child has had it already.
    if (signal === 'SIGINT' && process.stdin.isTTY) return
    // npm passes on what the group has already got: one request to stop must not arrive as two.
    const now = Date.now()
    if (now - (last.get(signal) ?? 0) < SAME_SIGNAL_MS) return
    last.set(signal, now)
    child.kill(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}

function endWithParent(child) {
  const parent = process.ppid
  let grace
  const check = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(check)
    child.kill('SIGTERM')
    grace = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  }, ORPHAN_CHECK_MS)
  return () => {
    clearInterval(check)
    clearTimeout(grace)
  }
}
