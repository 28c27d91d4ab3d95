import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes } from '../format-bytes.ts'
import { languageName, loadLanguage } from './languages-table.ts'

test('the syntax of a file goes by its name', () => {
  const names = ['a/b.TS', 'Dockerfile', 'x.py', '.bashrc', 'CMakeLists.txt', 'package-lock.json', '.env']
  assert.deepEqual(names.map(languageName), ['ts', 'dockerfile', 'py', 'bashrc', 'cmake', 'json', 'env'])
  for (const name of ['', 'a', 'x.unknown', 'constructor', '__proto__', 'a.toString'])
    assert.equal(languageName(name), undefined, name)
})

test('each syntax can be loaded', async () => {
  const names =
    'js ts html css json md yml py c xml sh ini rb rs go java sql toml dockerfile cs kt scala dart swift lua pl r ps1 cmake diff'
  for (const ending of names.split(' ')) assert.ok(await loadLanguage(`a.${ending}`), ending)
  assert.equal(await loadLanguage('a.unknown'), undefined)
})

test('sizes are said in a few signs', () => {
  assert.deepEqual([0, 940, 1_024, 12_698, 153_600, 3_328_599_655].map(bytes), [
    '0 bytes',
    '940 bytes',
    '1 KB',
    '12.4 KB',
    '150 KB',
    '3.1 GB',
  ])
})
