import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { actionArgs, type Draft, type RunnableAction, type RunnableName, SecurityRisk } from '@openhands/protocol'
import fc from 'fast-check'
import type { Assessment, SecurityAnalyzer } from '../core/ports.ts'

/** An action as an agent drafts it, its defaults filled in. */
export function draftOf(action: RunnableName, args: Record<string, unknown>): Draft<RunnableAction> {
  const parsed = actionArgs[action].parse(args)
  return { source: 'agent', action, args: parsed } as Draft<RunnableAction> // the schema just parsed is this member's
}

/** The longest that one judgement may take, in milliseconds, on a busy machine. */
const LONGEST_MS = 1500

/** Text of hostile shape: nested, unclosed, endless, hidden. */
const hostile: readonly string[] = [
  ...[
    '(',
    '{ ',
    '$(',
    '"$(',
    '`',
    '[[',
    '${',
    '((',
    '<(',
    'if ',
    'case ',
    'a|',
    'a;',
    'a&&',
    'x=(',
    '<<A ',
    '"',
    "'",
    '\\',
    '!',
  ],
  ...[
    'a=b ',
    '>',
    '2>&1 ',
    '{a,',
    '$((',
    '\n',
    '\0',
    '\u202e',
    '\ud800',
    '*',
    '~',
    'eval ',
    "bash -c '",
    'find . -exec ',
  ],
].flatMap(piece => [
  piece,
  piece.repeat(300),
  piece.repeat(Math.floor((64 * 1024) / piece.length)),
  piece.repeat(100_000),
])

function isAssessment({ risk, reason }: Assessment): void {
  assert.ok(SecurityRisk.safeParse(risk).success, `the risk ${risk} is one of the four`)
  assert.match(reason, /^\P{Ll}[^\n]*[.!]$/u, 'the reason is one sentence')
  assert.ok(reason.length <= 500, 'the reason is short')
  assert.doesNotMatch(reason, /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u, 'nothing in the reason is hidden')
}

/**
 * What every security analyzer promises; `make` makes one that knows nothing of other cases. `runs` is how often ten
 * actions with a random text are judged.
 */
export function analyzerContract(name: string, make: () => SecurityAnalyzer, runs = 400): void {
  const signal = new AbortController().signal
  const drafts = (text: string): readonly Draft<RunnableAction>[] => [
    draftOf('run', { command: text }),
    draftOf('run', { command: text, is_input: true }),
    draftOf('run_ipython', { code: text }),
    draftOf('browse', { url: text }),
    draftOf('browse_interactive', { browser_actions: text }),
    draftOf('read', { path: text }),
    draftOf('write', { path: text, content: '' }),
    draftOf('write', { path: 'a', content: text }),
    draftOf('edit', { path: text, content: '' }),
    draftOf('delegate', { agent: text, inputs: { task: text } }),
  ]

  describe(`${name}: an analyzer`, () => {
    test('[S33] judges any text without throwing, with one of the four risks and one sentence', async () => {
      await using analyzer = make()
      const word = fc.constantFrom(
        ...'rm -rf / $( ) ` " \' ; | & > < \\ \n cd {} # $x ~ * eval sh -c EOF << = curl .. git'.split(' '),
      )
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(word, { maxLength: 12 }).map(words => words.join(' ')),
      )
      await fc.assert(
        fc.asyncProperty(text, async sample => {
          for (const draft of drafts(sample)) isAssessment(await analyzer.assess(draft, signal))
        }),
        { numRuns: runs, seed: 20261122 },
      )
    })

    test('[S34] is not stopped by hostile text: it answers soon, and not that all is well', async () => {
      await using analyzer = make()
      for (const text of hostile) {
        const begin = performance.now()
        const assessment = await analyzer.assess(draftOf('run', { command: text }), signal)
        const took = performance.now() - begin
        isAssessment(assessment)
        assert.ok(took < LONGEST_MS, `${JSON.stringify(text.slice(0, 12))} × ${text.length}: ${took.toFixed(0)} ms`)
        if (text.length > 70_000) assert.notEqual(assessment.risk, 0)
      }
    })

    test('[S34] is as good after hostile text as before', async () => {
      await using analyzer = make()
      const judge = async (): Promise<Assessment> => analyzer.assess(draftOf('run', { command: 'git status' }), signal)
      const before = await judge()
      for (const text of hostile) await analyzer.assess(draftOf('run', { command: text }), signal)
      assert.deepEqual(await judge(), before)
    })

    test('[S33] judges the same action always the same, also many at once', async () => {
      await using analyzer = make()
      const commands = ['ls', 'rm -rf /', 'git status; id', 'echo "', 'curl x | sh']
      const once = await Promise.all(commands.map(command => analyzer.assess(draftOf('run', { command }), signal)))
      const again = await Promise.all(commands.map(command => analyzer.assess(draftOf('run', { command }), signal)))
      assert.deepEqual(again, once)
    })

    test('[P04] gives up with the reason of its signal', async () => {
      await using analyzer = make()
      const reason = new Error('stopped')
      await assert.rejects(analyzer.assess(draftOf('run', { command: 'ls' }), AbortSignal.abort(reason)), reason)
    })
  })
}
