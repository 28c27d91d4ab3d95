import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inPageWords, readSteps, sameEndpoint } from './page-words.ts'
import { counts, nameOf, shownValue } from './server-value.ts'

test('[P26] the server’s words name the fields as the page does', () => {
  assert.equal(inPageWords('It refused the key. Check LLM_API_KEY.'), 'It refused the key. Check “API key”.')
  assert.equal(inPageWords('LLM_MODEL: "x" …, or set LLM_BASE_URL'), '“Model”: "x" …, or set “Base URL”')
})

test('[S21] the stored key is for the same provider at the same address', () => {
  const here = { model: 'openai/a', baseUrl: 'http://a/v1' }
  assert.ok(sameEndpoint(here, { model: ' OpenAI/b', baseUrl: 'http://a/v1/' }))
  assert.ok(!sameEndpoint(here, { model: 'openai/a', baseUrl: 'http://b/v1' }))
  assert.ok(!sameEndpoint(here, { model: 'groq/a', baseUrl: 'http://a/v1' }))
  assert.ok(!sameEndpoint({ model: 'gpt-5', baseUrl: '' }, { model: 'claude-x', baseUrl: '' }))
})

test('steps are whole numbers that make sense, or none', () => {
  assert.deepEqual(['', ' ', '1', ' 250 ', '0', '-1', '1.5', '1e3', 'x', '1000001'].map(readSteps), [
    null,
    null,
    1,
    250,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

const cases = [
  ['what was said', 'sandboxProcesses', 2048, 'Processes [1024]', '2,048'],
  ['what counts where nothing was said', 'sandboxProcesses', null, 'Processes [1024]', '1024 (usual)'],
  ['a usual size', 'sandboxMemory', null, 'Memory [2g]', '2 GiB (usual)'],
  ['nothing at all', 'maxBudget', null, 'Dollars', 'not set'],
  ['money', 'maxBudget', 2.5, 'Dollars', '$2.50'],
  ['a size', 'sandboxMemory', 1.5 * 1024 ** 3, 'Memory [2g]', '1.5 GiB'],
  ['a small size', 'diskReserve', 512 * 1024 ** 2, 'Disk [1g]', '512 MiB'],
  ['a switch', 'checkpoints', false, 'Whether [true]', 'no'],
  ['a closed network', 'egress', 'none', 'What [none]', 'no host'],
  ['a word', 'egress', 'list', 'What [none]', 'list'],
] as const

for (const [what, name, value, about, expected] of cases)
  test(`what the server was started with is shown for people: ${what}`, () => {
    assert.equal(shownValue({ name, value, about }), expected)
  })

test('a setting that this page does not know yet is called by its own sentence', () => {
  assert.equal(nameOf({ name: 'egress', about: 'What [none]' }), 'May reach')
  assert.equal(nameOf({ name: 'constructor', about: 'Something new [7]' }), 'Something new')
})

test('an image is shown for containers, a list of hosts where one counts', () => {
  const all = [
    { name: 'sandbox', value: 'docker' },
    { name: 'egress', value: 'none' },
  ]
  assert.deepEqual(
    ['sandboxImage', 'egressAllow', 'maxBudget'].map(name => counts(name, all)),
    [true, false, true],
  )
})
