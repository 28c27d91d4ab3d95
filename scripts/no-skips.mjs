/**
 * A second reporter of the test runner: a run in which a test was skipped or left for later, in which a file has no
 * test in it, or in which nothing ran, fails and names what it was. It says nothing otherwise.
 */
import { resolve } from 'node:path'

const FILTERS = ['--test-name-pattern', '--test-skip-pattern', '--test-only']

/** The stream of complaints, empty for a run without any; sets the exit code of the runner with the first. */
async function* noSkips(events) {
  let ran = 0
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const reason = whyNotRun(type, data)
    if (isTest(type, data)) ran += 1
    if (reason === undefined) continue
    process.exitCode = 1
    yield `${reason}, which fails the run: ${data.name} (${data.file ?? 'unknown file'}:${data.line ?? 0})\n`
  }
  if (ran > 0) return
  process.exitCode = 1
  yield 'no test ran: nothing was proved\n'
}

// biome-ignore lint/style/noDefaultExport: the test runner takes a reporter by its default export
export { noSkips as default }

function whyNotRun(type, data) {
  if (data.skip !== undefined) return 'skipped'
  if (data.todo !== undefined) return 'todo'
  return isEmptyFile(type, data) && !isFiltered() ? 'a file without a test' : undefined
}

function isTest(type, data) {
  return data.skip === undefined && data.details?.type !== 'suite' && !isEmptyFile(type, data)
}

/** The runner reports a file in which it found no test as if the file were a test that passed. */
function isEmptyFile(type, data) {
  return type === 'test:pass' && data.nesting === 0 && resolve(data.name) === data.file
}

function isFiltered() {
  return process.execArgv.some(word => FILTERS.some(filter => word.startsWith(filter)))
}
