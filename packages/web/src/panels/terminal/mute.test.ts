import assert from 'node:assert/strict'
import { test } from 'node:test'
import headless from '@xterm/headless'
import { isFocusReport, mute, pasteable } from './mute.ts'

const asking = [
  '\u001b[c',
  '\u001b[0c',
  '\u001b[>c',
  '\u001b[=c',
  '\u001b[5n',
  '\u001b[6n',
  '\u001b[?6n',
  '\u001b[?996n',
  '\u009b6n',
  '\u001b[4$p',
  '\u001b[?2004$p',
  '\u001b[>q',
  '\u001b[?u',
  '\u001b[14t',
  '\u001b[18t',
  '\u001b[21t',
  '\u001bZ',
  '\u001bP$qm\u001b\\',
  '\u001bP$q"p\u001b\\',
  '\u001bP+q544e\u001b\\',
  '\u001b]4;1;?\u0007',
  '\u001b]10;?\u0007',
  '\u001b]11;?\u001b\\',
  '\u001b]12;?\u0007',
  '\u001b]52;c;?\u0007',
  '\u001b]52;c;aGVsbG8=\u0007',
]

/** What a terminal has sent and done after it was shown something. */
async function shown(output: string, isMute: boolean): Promise<{ sent: string; titles: string[]; line: string }> {
  const terminal = new headless.Terminal({
    cols: 80,
    rows: 5,
    windowOptions: { getWinTitle: true },
    allowProposedApi: true,
  })
  if (isMute) mute(terminal.parser)
  let sent = ''
  const titles: string[] = []
  terminal.onData(data => {
    sent += data
  })
  terminal.onTitleChange(title => titles.push(title))
  await new Promise<void>(resolve => terminal.write(output, resolve))
  const line = terminal.buffer.active.getLine(0)?.translateToString(true) ?? ''
  terminal.dispose()
  return { sent, titles, line }
}

test('[S17] no sequence makes a terminal answer', async () => {
  let answered = 0
  for (const sequence of asking) {
    assert.equal((await shown(`before${sequence}after`, true)).sent, '', JSON.stringify(sequence))
    if ((await shown(sequence, false)).sent !== '') answered++
  }
  assert.ok(answered >= 8, 'without it most of them are answered')
})

test('[S17] titles and links are not obeyed, and what is printed around them stays', async () => {
  const output = 'a\u001b]0;gotcha\u0007b\u001b]2;gotcha\u001b\\c\u001b]8;;http://evil.example/\u0007d\u001b]8;;\u0007e'
  assert.deepEqual((await shown(output, false)).titles, ['gotcha', 'gotcha'])
  const { titles, line } = await shown(output, true)
  assert.deepEqual(titles, [])
  assert.equal(line, 'abcde')
})

test('[S17] a pasted text cannot end the bracket around it', () => {
  assert.equal(pasteable('ls\u001b[201~\r\nrm -rf x\u009b201~\u0000\tend'), 'ls[201~\r\nrm -rf x201~\tend')
})

test('[S17] a report about the focus is not typed', async () => {
  assert.ok(isFocusReport('\u001b[I') && isFocusReport('\u001b[O') && !isFocusReport('\u001b[A'))
})
