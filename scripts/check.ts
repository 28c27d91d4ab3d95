/** The verb `check`: format, lint, types, lost promises and layers, at once; one line per step with its time. */
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'

const root = dirname(import.meta.dirname)

/** What is checked, each by a program that is run with this Node. */
const steps: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'format and lint', command: ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: ['node_modules/.bin/tsc', '--pretty', 'false'] },
  { name: 'types of the page', command: ['node_modules/.bin/tsc', '--pretty', 'false', '-p', 'packages/web'] },
  {
    name: 'types of its tests',
    command: ['node_modules/.bin/tsc', '--pretty', 'false', '-p', 'packages/web/tsconfig.test.json'],
  },
  { name: 'lost promises', command: ['node_modules/.bin/oxlint', '--type-aware', '--deny-warnings', '.'] },
  { name: 'layers', command: ['scripts/check-layers.ts'] },
]

async function run(name: string, command: readonly string[]): Promise<boolean> {
  const start = performance.now()
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<boolean>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code === 0))
  })
  const [passed, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (!passed) console.log(`${out}${err}`.trimEnd())
  return passed
}

const results = await Promise.all(steps.map(({ name, command }) => run(name, command)))
if (results.includes(false)) process.exitCode = 1
