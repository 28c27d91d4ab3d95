/**
 * `node scripts/run.mjs start|openhands|dev|check|test|bench [arguments]`: set-up, then the verb with the project's Node.
 * Runs on Node 18 and newer, because this is what a machine has before set-up.
 */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endLike, runChild } from './child.mjs'
import { SetupError, setUp } from './setup.mjs'
import { testArguments } from './test-arguments.mjs'

/** A small nursery: 50 MB less after a crowd of sessions, and no slower. */
const SERVER = ['--max-semi-space-size=4', 'packages/server/bin/openhands.mjs']
const WATCHED = ['packages/server/src', 'packages/protocol/src']

const verbs = new Map([
  ['start', (_root, args) => [...SERVER, 'serve', ...args]],
  ['openhands', (_root, args) => [...SERVER, ...args]],
  ['dev', (_root, args) => ['--watch', ...WATCHED.map(each => `--watch-path=${each}`), ...SERVER, 'serve', ...args]],
  ['check', (_root, args) => ['scripts/check.ts', ...args]],
  ['test', testArguments],
  ['bench', (_root, args) => ['packages/server/bench/main.ts', ...args]],
])

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const say = line => process.stderr.write(`set-up: ${line}\n`)

async function main(verb, words) {
  const toArguments = verbs.get(verb)
  if (!toArguments) {
    process.stderr.write(
      `usage: node scripts/run.mjs ${[...verbs.keys()].join('|')} [--no-system-packages] [arguments]\n`,
    )
    return { code: 2, signal: null }
  }
  const forbidden = words.includes('--no-system-packages') || process.env['OPENHANDS_NO_SYSTEM_PACKAGES'] === '1'
  const { node, env } = await setUp(
    root,
    { verb: verb === 'openhands' ? 'start' : verb, systemPackages: !forbidden },
    say,
  )
  const args = toArguments(
    root,
    words.filter(each => each !== '--no-system-packages'),
  )
  return await runChild(node, args, { cwd: root, env, stdio: 'inherit' })
}

try {
  endLike(await main(process.argv[2] ?? '', process.argv.slice(3)))
} catch (error) {
  process.stderr.write(error instanceof SetupError ? `set-up: ${error.message}\n` : `${error.stack}\n`)
  endLike(error.end ?? { code: 1, signal: null })
}
