import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseActions } from './action-parser.ts'

type Row = readonly [code: string, calls: readonly (readonly [name: string, ...values: unknown[]])[]]

const good: readonly Row[] = [
  ["goto('http://x')", [['goto', 'http://x']]],
  ['noop()', [['noop', 1000]]],
  ['noop(500.5)', [['noop', 500.5]]],
  ['noop(wait_ms = 1_000)', [['noop', 1000]]],
  ['scroll(-1, +2e2)', [['scroll', -1, 200]]],
  ['scroll(delta_y=0x10, delta_x=.5)', [['scroll', 0.5, 16]]],
  ["click('12')", [['click', '12', 'left', []]]],
  ['click(12)', [['click', '12', 'left', []]]],
  [`click("12", 'right', ["Shift", 'Alt',])`, [['click', '12', 'right', ['Shift', 'Alt']]]],
  ["dblclick(bid='f1e2', modifiers=['Control'])", [['dblclick', 'f1e2', 'left', ['Control']]]],
  ["select_option('3', 'a')", [['select_option', '3', ['a']]]],
  ["select_option('3', ['a', 'b'])", [['select_option', '3', ['a', 'b']]]],
  ["fill('1', 'it\\'s')", [['fill', '1', "it's"]]],
  ['fill("1", "a\\tb\\x41\\u00e4\\U0001F600\\101\\q")', [['fill', '1', 'a\tbAä😀A\\q']]],
  ["fill('1', r'C:\\new\\'')", [['fill', '1', "C:\\new\\'"]]],
  ["fill('1', 'a' \"b\"\n  'c')", [['fill', '1', 'abc']]],
  ['fill("1", """two\nlines "quoted" """)', [['fill', '1', 'two\nlines "quoted" ']]],
  ["fill('1', '''it's''')", [['fill', '1', "it's"]]],
  ["fill('1', 'one \\\ntwo')", [['fill', '1', 'one two']]],
  ["fill('1', '# no comment; click(2)')", [['fill', '1', '# no comment; click(2)']]],
  ['# first\ngo_back() # then\n\n;go_forward();', [['go_back'], ['go_forward']]],
  ["press(\n  '1',\n  key_comb='Control+A',\n)", [['press', '1', 'Control+A']]],
  [
    "hover('1')\r\nfocus('2')\r\nclear('3')",
    [
      ['hover', '1'],
      ['focus', '2'],
      ['clear', '3'],
    ],
  ],
  ["drag_and_drop(from_bid='1', to_bid='2')", [['drag_and_drop', '1', '2']]],
  ["upload_file('1', ['a.txt', 'b.txt'])", [['upload_file', '1', ['a.txt', 'b.txt']]]],
  ['new_tab(); tab_focus(0); tab_close()', [['new_tab'], ['tab_focus', 0], ['tab_close']]],
]

for (const [code, calls] of good) {
  test(`[wire A8.2] calls: ${JSON.stringify(code)}`, () => {
    assert.deepEqual(
      parseActions(code).map(({ name, values }) => [name, ...Object.values(values)]),
      calls,
    )
  })
}

const bad: readonly (readonly [code: string, message: RegExp])[] = [
  ['', /no call in the code.*goto\(url\)/],
  ['# nothing', /no call/],
  ['jump(1)', /^Line 1, column 1: there is no function jump\. The functions are: .*upload_file\(bid, file\)/],
  ['__proto__()', /no function __proto__/],
  ['constructor()', /no function constructor/],
  ["click('1').then()", /unexpected "\."/],
  ['go_back()\nclick', /^Line 2, column 6: expected "\("/],
  ['click(', /^Line 1, column 7: expected a text.*the end of the line/],
  ["click('1'", /expected "," or "\)".*It is click\(bid, button='left', modifiers=\[\]\)/],
  ["fill('1' 2)", /expected "," or "\)"/],
  ["fill('1')", /^Line 1, column 1: value is missing\. It is fill\(bid, value\)/],
  ["fill('1', 2)", /^Line 1, column 11: value has to be a text in quotes/],
  ["fill('1', 'a', 'b')", /too many arguments/],
  ["fill('1', bid='2', value='x')", /bid is given twice/],
  ["fill(bid='2', 'x')", /without a name comes after/],
  ["fill('1', text='x')", /^Line 1, column 11: fill has no argument text/],
  ["fill('1', None)", /value has to be/],
  ["click('1', 'top')", /button has to be 'left', 'middle' or 'right'/],
  ["click('1', modifiers='Shift')", /modifiers has to be a list of Alt/],
  ["click('1', modifiers=['Hyper'])", /modifiers has to be/],
  ["go_back()\nfill('1', 'open)\n", /^Line 2, column 11: this text is not closed; ' is missing/],
  ['fill("1", f"{x}")', /the prefix f/],
  ["fill('1', '\\U99999999')", /no such character/],
  ["goto(open('/etc/passwd'))", /expected a text, a number or a list, found the name open/],
  ['scroll(1e999, 0)', /delta_x has to be a number/],
  ['scroll(--1, 0)', /expected a text/],
  ["goto('a') goto('b')", /expected the end of the call, found the name goto/],
  ["select_option('1', [[[[[[[[[['a']]]]]]]]]])", /expected a text/],
  ['x = 1', /no function x/],
  ['go_back()\n'.repeat(101), /More than 100 calls/],
  [`fill('1', '${'x'.repeat(200_000)}')`, /longer than/],
]

for (const [code, message] of bad) {
  test(`[wire A8.2] no calls: ${JSON.stringify(code.slice(0, 60))}`, () => {
    assert.throws(() => parseActions(code), { name: 'ActionSyntaxError', message })
  })
}

test('[wire A8.2] a call is told as it was written', () => {
  assert.deepEqual(
    parseActions("click('1',\n  'left') ; noop( )").map(call => call.source),
    ["click('1',\n  'left')", 'noop( )'],
  )
})
