/** Which tests run, and how Node's test runner is called. */
import { readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { SetupError } from './setup.mjs'

const TEST_FOLDERS = ['packages', 'scripts', 'e2e']
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'coverage'])
/** A test that hangs fails after this time instead of holding up the run; it bounds a whole file too. */
const TIMEOUT_MS = 300_000

/**
 * The arguments for Node that run the tests: those below the paths given (after `--only` or bare), otherwise all.
 * Words with a dash go to the test runner as they are. A path without tests is an error: no run passes by being empty.
 */
export function testArguments(root, words) {
  const paths = words.filter(word => !word.startsWith('-'))
  const options = words.filter(word => word.startsWith('-') && word !== '--only')
  if (words.includes('--only') && paths.length === 0) throw new SetupError('--only needs a path of tests')
  const files =
    paths.length === 0 ? TEST_FOLDERS.flatMap(each => testsBelow(root, each)) : paths.flatMap(each => named(root, each))
  return [
    '--test',
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    `--test-timeout=${TIMEOUT_MS}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./scripts/no-skips.mjs',
    '--test-reporter-destination=stderr',
    ...options,
    ...new Set(files),
  ]
}

function named(root, path) {
  const found = testsBelow(root, relative(root, resolve(root, path)))
  if (found.length === 0)
    throw new SetupError(`no test file at ${path} (an option with a value is spelled --name=value)`)
  return found
}

function testsBelow(root, path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false })
  if (stat?.isFile()) return path.endsWith('.test.ts') ? [path] : []
  if (!stat) return []
  return readdirSync(join(root, path))
    .filter(name => !SKIPPED_FOLDERS.has(name))
    .sort()
    .flatMap(name => testsBelow(root, join(path, name)))
}
