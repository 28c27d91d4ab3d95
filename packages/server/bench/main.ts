/**
 * `npm run bench [-- group…] [--json] [--cpu-prof FOLDER]`: numbers of this server beside their floors, both taken in
 * the same run. It reports; it never fails because of a number.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { append } from './groups/append.ts'
import { fanOut } from './groups/fan-out.ts'
import { files } from './groups/files.ts'
import { message } from './groups/message.ts'
import { output } from './groups/output.ts'
import { sandbox } from './groups/sandbox.ts'
import { sessions } from './groups/sessions.ts'
import { start } from './groups/start.ts'
import { step } from './groups/step.ts'
import { stored } from './groups/stored.ts'
import { tokens } from './groups/tokens.ts'
import type { Context } from './parts/server.ts'
import { heading, lineFor, type Result, type Row, resultOf } from './report.ts'

/** What can be measured, in the order in which it is. */
const groups = new Map<string, (context: Context) => AsyncIterable<Row>>([
  ['step', step],
  ['message', message],
  ['output', output],
  ['tokens', tokens],
  ['sandbox', sandbox],
  ['files', files],
  ['append', append],
  ['fan-out', fanOut],
  ['sessions', sessions],
  ['start', start],
  ['stored', stored],
])

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, 'cpu-prof': { type: 'string' } },
  allowPositionals: true,
})
const unknown = positionals.filter(name => !groups.has(name))
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(', ')}. The groups are: ${[...groups.keys()].join(' ')}`)
  process.exit(2)
}

const profiles = values['cpu-prof']
const context: Context = profiles === undefined ? {} : { profiles: resolve(profiles) }
const results: Result[] = []
const say = (line: string): void => (values.json ? undefined : console.log(line))
say(heading())
for (const [name, group] of groups) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  try {
    for await (const row of group(context)) {
      const result = resultOf(name, row)
      results.push(result)
      say(lineFor(result))
    }
  } catch (error) {
    process.exitCode = 1
    console.error(`${name} could not be measured: ${error instanceof Error ? error.message : error}`)
  }
}
if (values.json) console.log(JSON.stringify({ node: process.version, results }, undefined, 2))
