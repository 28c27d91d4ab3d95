import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type BashParser, bashParser } from './bash-parser.ts'

let parser: BashParser
before(async () => {
  parser = await bashParser()
})

describe('[wire C8] splitting a text into commands', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['ls -l', ['ls -l']],
    ['cd /tmp && touch test.txt', ['cd /tmp && touch test.txt']],
    ["grep 'pattern' file.txt | sort | uniq", ["grep 'pattern' file.txt | sort | uniq"]],
    ['for i in {1..5}; do echo $i; done', ['for i in {1..5}; do echo $i; done']],
    ['\ncat <<EOF\nmultiline\ntext\nEOF\necho "Done"\n', ['cat <<EOF\nmultiline\ntext\nEOF', 'echo "Done"']],
    [
      '\necho "Hello" # This is a comment\n# This is another comment\nls -l\n',
      ['echo "Hello" # This is a comment\n# This is another comment', 'ls -l'],
    ],
    ['echo "unclosed', ['echo "unclosed']],
    ['cat <<EOF\nunclosed heredoc', ['cat <<EOF\nunclosed heredoc']],
    ['', ['']],
    ['  \n ', ['']],
    ['a; b', ['a; b']],
    ['a;\nb\n\nc &', ['a;', 'b', 'c &']],
    ['if a\nthen b\nfi\nc', ['if a\nthen b\nfi', 'c']],
    ['echo a \\\n  b\nc', ['echo a \\\n  b', 'c']],
    ['# only a comment', ['# only a comment']],
  ]
  for (const [text, expected] of cases)
    test(JSON.stringify(text), () => assert.deepEqual(parser.splitCommands(text), expected))
})

/** What runs, one line each: words (`?` where computed, `*` after patterns), then where it may run. */
function listed(text: string): readonly string[] | string {
  const parsed = parser.commands(text, '/w')
  if (!parsed.ok) return parsed.why
  return parsed.commands
    .filter(({ words }) => words.length > 0)
    .map(({ words }) =>
      words.map(word => (word.literal ? word.text : `${word.text}?`) + (word.glob ? '*' : '')).join(' '),
    )
}

describe('[S33] the words of every command are those that bash would make', () => {
  const cases: readonly (readonly [string, readonly string[] | string])[] = [
    ["r''m -rf /", ['rm -rf /']],
    ['\\rm -rf /', ['rm -rf /']],
    ['"rm" -rf /', ['rm -rf /']],
    ["$'\\x72m' -rf $'\\057'", ['rm -rf /']],
    ['rm \\\n -rf /', ['rm -rf /']],
    ['r\\\nm -rf /', 'syntax'],
    ['"r\\m" x', ['r\\m x']],
    ['echo "a \\" b" \'c d\' e\\ f', ['echo a " b c d e f']],
    ['echo " lead $x trail "', ['echo  lead  trail ?']],
    ['X=rm; $X -rf /', ['rm -rf /']],
    ['X=rm; X=ls; $X', ['?']],
    ['read X; $X a', ['read X', '? a']],
    ['X=rm; read X; $X a', ['read X', '? a']],
    ['cat ~/x $HOME/y "$HOME/z"', ['cat /home/agent/x /home/agent/y /home/agent/z']],
    ['git status; id', ['git status', 'id']],
    ['git status\nid', ['git status', 'id']],
    ['git status $(id)', ['id', 'git status ?']],
    ['git status `id`', ['id', 'git status ?']],
    ['git status <(id)', ['id', 'git status ?']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
    ['echo "x $(id) ${y:-$(whoami)}"', ['id', 'whoami', 'echo x ?']],
    ['a && b || c; d & e | f', ['a', 'b', 'c', 'd', 'e', 'f']],
    ['(a; b) > x; { c; }', ['a', 'b', 'c']],
    ['if a; then b; elif c; then d; else e; fi', ['a', 'b', 'c', 'd', 'e']],
    ['while read l; do rm "$l"; done < f', ['read l', 'rm ?']],
    ['for f in $(ls); do x; done', ['ls', 'x']],
    ['case $(a) in x) b;; *) c;; esac', ['a', 'b', 'c']],
    ['f() { a; }; f', ['a', 'f']],
    ['[[ -f $(a) ]] && b', ['a', 'b']],
    ['cat <<EOF\n$(id)\nEOF', ['id', 'cat']],
    ["cat <<'EOF'\n$(id)\nEOF", ['cat']],
    ['cat <<EOF && rm x\ntext\nEOF', ['cat', 'rm x']],
    ['cat <<< "$(id)"', ['id', 'cat']],
    ['x=$(id)', ['id']],
    ['x=$(id) env', ['id', 'env']],
    ['export A=$(id)', ['id', 'export A=$(id)']],
    ['echo $((1 + $(id)))', ['id', 'echo ?']],
    ['ls *.c', ['ls *.c*']],
    ['rm -rf /{etc,usr}', ['rm -rf /{etc,usr}?']],
    ['! a; time b', ['a', 'time b']],
    ['echo "', 'syntax'],
    ['a )', 'syntax'],
  ]
  for (const [text, expected] of cases) test(JSON.stringify(text), () => assert.deepEqual(listed(text), expected))
})

describe('[P27] the folder in which a command runs', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['x', ['/w']],
    ['cd /; x', ['/w', '/']],
    ['cd / && x', ['/']],
    ['cd a && cd b && x', ['/w/a/b']],
    ['cd a && y; x', ['/w', '/w/a']],
    ['(cd /); x', ['/w']],
    ['cd / | cat; x', ['/w']],
    ['$(cd /); x', ['/w']],
    ['cd "$y"; x', []],
    ['cd -; x', []],
    ['cd; x', ['/w', '/home/agent']],
    ['cd -- /tmp && x', ['/tmp']],
    ['{ cd /; }; x', ['/w', '/']],
    ['if true; then cd /; fi; x', ['/w', '/']],
  ]
  for (const [text, expected] of cases)
    test(text, () => {
      const parsed = parser.commands(text, '/w')
      assert.ok(parsed.ok)
      assert.deepEqual(parsed.commands.find(({ words }) => words[0]?.text === 'x')?.directories, expected)
    })
})
