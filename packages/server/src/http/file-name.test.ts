import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanName, isAllowedName, numberedName, workspacePath } from './file-name.ts'
import { uploadRules } from './upload-rules.ts'

test('[wire A5.7] a name keeps its letters, digits, marks between and its ending, and no more', () => {
  for (const [given, expected] of [
    ['a.txt', 'a.txt'],
    ['/etc/passwd', 'passwd'],
    ['..\\..\\a b.TXT', 'ab.TXT'],
    ['Ünï_çode-1.md', 'Ünï_çode-1.md'],
    ['日本語.py', '日本語.py'],
    ['a\r\n"$;.sh', 'a.sh'],
    ['.env', '.env'],
  ] as const)
    assert.equal(cleanName(given), expected)
  for (const given of ['', '.', '..', '...', '///', ' $ ', 'a/..']) assert.equal(cleanName(given), undefined, given)
})

test('[wire A5.7] a long name is cut before its ending, at a whole character', () => {
  const long = cleanName(`${'ü'.repeat(300)}.tar.gz`) ?? ''
  assert.equal(Buffer.byteLength(long), 255)
  assert.match(long, /^ü+\.gz$|^ü+r?\.gz$/)
  assert.equal(Buffer.byteLength(cleanName('x'.repeat(1000)) ?? ''), 255)
  assert.ok(Buffer.byteLength(numberedName(long, 12)) <= 255)
  assert.equal(numberedName('a.txt', 2), 'a-2.txt')
})

test('[S10] a path stays in the workspace or is none', () => {
  for (const [given, expected] of [
    ['a/b', 'a/b'],
    ['./a//b/', 'a/b'],
    ['', ''],
    ['.', ''],
    ['/workspace', ''],
    ['/workspace/a', 'a'],
    ['100%2e', '100%2e'],
    ['a b ', 'a b '],
    ['..a/b..', '..a/b..'],
  ] as const)
    assert.equal(workspacePath(given, '/workspace'), expected)
  for (const given of [
    '/',
    '/workspace-evil',
    '/workspacex',
    '/workspace/../x',
    'a/..',
    '%2E%2e/x',
    '%25252e%25252e/x',
    '\ud800',
  ])
    assert.equal(workspacePath(given, '/workspace'), undefined, given)
})

test('[wire C4] upload rules as they are written and as they are meant', () => {
  const given = { maxFileSizeMb: 10, restrictFileTypes: true, allowedExtensions: ['.txt', '.pdf'] }
  assert.deepEqual(uploadRules(given), { uploadBytes: 10 * 1024 * 1024, uploadEndings: new Set(['.txt', '.pdf']) })
  assert.deepEqual(uploadRules({ maxFileSizeMb: -5, restrictFileTypes: false, allowedExtensions: [] }), {})
  assert.deepEqual(uploadRules({ maxFileSizeMb: 1.5, restrictFileTypes: true, allowedExtensions: 'txt' }), {})
  assert.deepEqual(uploadRules({ restrictFileTypes: true, allowedExtensions: ['PDF', ''] }), {
    uploadEndings: new Set(['.pdf', '.']),
  })
})

test('[wire C4] which names a list of endings lets pass', () => {
  const some = uploadRules({ restrictFileTypes: true, allowedExtensions: ['.txt', '.pdf'] }).uploadEndings
  const passing = ['file.txt', 'file.PDF', 'file.doc', 'file'].filter(name => isAllowedName(name, some))
  assert.deepEqual(passing, ['file.txt', 'file.PDF'])
  for (const settings of [
    { restrictFileTypes: false, allowedExtensions: ['.txt'] },
    { restrictFileTypes: true, allowedExtensions: ['.*'] },
  ])
    for (const name of ['file.txt', 'file.doc', 'file'])
      assert.equal(isAllowedName(name, uploadRules(settings).uploadEndings), true)
  assert.equal(isAllowedName('file', new Set(['.'])), true)
})
