import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Ending, endings } from '../src/commands/run.ts'
import { hang, http, type Reply, text, tool } from '../src/testing/scripted-model/script.ts'
import { startScriptedModel } from '../src/testing/scripted-model/server.ts'
import { temporaryFolder } from '../src/testing/server-process.ts'

const main = fileURLToPath(new URL('../bin/openhands.mjs', import.meta.url))
const KEY = 'test-key-0123456789'
const bash = (command: string): Reply => tool('execute_bash', { command })

interface Case {
  readonly ending: Ending
  readonly script: (turn: number) => Reply
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A signal to send once the model has been asked. */
  readonly signal?: NodeJS.Signals
}

const cases: readonly Case[] = [
  { ending: 'finished', script: () => tool('finish', { message: 'Done.' }) },
  { ending: 'input_needed', script: () => text('Which one?') },
  { ending: 'max_iterations', script: turn => bash(`echo ${turn}`), args: ['--max-iterations', '3'] },
  {
    ending: 'max_budget',
    script: turn => bash(`echo ${turn}`),
    args: ['--max-budget', '0.001'],
    env: { LLM_INPUT_COST_PER_TOKEN: '0.01', LLM_OUTPUT_COST_PER_TOKEN: '0.01' },
  },
  { ending: 'stuck', script: () => bash('echo the same') },
  { ending: 'approval_needed', script: () => bash('touch a'), args: ['--confirmation', 'always'] },
  { ending: 'model', script: () => http(401) },
  { ending: 'sandbox', script: () => bash('ls'), args: ['--workspace-base', '/nowhere-at-all'] },
  { ending: 'stopped', script: () => hang(), signal: 'SIGINT' },
]

for (const one of cases) {
  test(`[P49] headless: ${one.ending} exits with ${endings[one.ending]}, and the last line says so`, async () => {
    await using model = await startScriptedModel({ script: ({ turn }) => one.script(turn), apiKey: KEY })
    await using folder = await temporaryFolder()
    const child = spawn(
      process.execPath,
      [main, 'run', '--json', 'do it', '--data-dir', folder.path, ...(one.args ?? [])],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: folder.path,
        env: {
          PATH: process.env.PATH,
          LLM_MODEL: 'openai/gpt-4o',
          LLM_API_KEY: KEY,
          LLM_BASE_URL: model.baseUrl('chat'),
          ...one.env,
        },
      },
    )
    let output = ''
    let errors = ''
    child.stdout.on('data', data => {
      output += data
    })
    child.stderr.on('data', data => {
      errors += data
    })
    const closed = new Promise<number | null>(resolve => child.once('close', resolve))
    if (one.signal) {
      await model.waitForRequest(1)
      child.kill(one.signal)
    }
    const code = await closed
    const last = JSON.parse(output.trim().split('\n').at(-1) ?? '{}')
    assert.deepEqual([last.ending, code], [one.ending, endings[one.ending]], `${output}\n${errors}`)
    assert.deepEqual(
      model.refusals().filter(reason => !reason.includes('401')),
      [],
    )
  })
}

test('[P49] the exit codes are distinct, and only a finished task has 0', () => {
  const codes = Object.values(endings)
  assert.equal(new Set(codes).size, codes.length)
  assert.deepEqual(
    Object.entries(endings).filter(([, code]) => code === 0),
    [['finished', 0]],
  )
})

test('[S17] what a model says moves no cursor and sets no title on the terminal', async () => {
  await using model = await startScriptedModel({
    script: () => tool('finish', { message: 'a\u001b]0;title\u0007b\u001b[2Jc\u009bd' }),
    apiKey: KEY,
  })
  await using folder = await temporaryFolder()
  const child = spawn(process.execPath, [main, 'run', 'do it', '--data-dir', folder.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, LLM_MODEL: 'openai/x', LLM_API_KEY: KEY, LLM_BASE_URL: model.baseUrl('chat') },
  })
  let output = ''
  child.stdout.on('data', data => {
    output += data
  })
  await new Promise(resolve => child.once('close', resolve))
  assert.match(output, /a·/)
  assert.ok(
    !output.includes('\u001b') && !output.includes('\u009b') && !output.includes('\u0007'),
    JSON.stringify(output),
  )
})
