import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Interpreter } from './interpreter.ts'

const noSignal = new AbortController().signal
const silent = (): void => undefined

test('without python3 there is a remedy, each time', async () => {
  const interpreter = new Interpreter({ workspace: '/', environment: { PATH: '/nowhere' }, outputLimit: 1000 })
  for (let tries = 0; tries < 2; tries++)
    await assert.rejects(interpreter.run('1', 1000, noSignal, silent), {
      name: 'Refusal',
      message: /need python3, and there is none.*apt-get install -y python3/,
    })
})

test('a python3 that does not start says why', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'openhands-python-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'python3'), '#!/bin/sh\necho broken libraries >&2\nexit 127\n')
  chmodSync(join(folder, 'python3'), 0o755)
  const interpreter = new Interpreter({ workspace: '/', environment: { PATH: folder }, outputLimit: 1000 })
  await assert.rejects(interpreter.run('1', 1000, noSignal, silent), {
    name: 'Refusal',
    message: /could not be started: exit code 127\. broken libraries/,
  })
})
