import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { privacyOf } from './address.ts'
import { readAuthority, type Target } from './host.ts'
import { judge } from './policy.ts'
import { EgressSyntaxError, parseEgressList } from './rule.ts'

const targetOf = (text: string): Target => {
  const read = readAuthority(text)
  assert.ok(read.ok, text)
  return { scheme: 'https', host: read.host, port: read.port ?? 443 }
}
const allows = (list: string, host: string, method?: string): boolean =>
  judge({ mode: 'list', rules: parseEgressList(list) }, targetOf(host), method).ok

describe('allow-lists', () => {
  test('[S32] entries compare whole labels, and one port is not another', () => {
    const table: readonly (readonly [list: string, host: string, isAllowed: boolean])[] = [
      ['docs.example.com', 'docs.example.com', true],
      ['docs.example.com', 'DOCS.Example.COM', true],
      ['Docs.Example.Com', 'docs.example.com', true],
      ['docs.example.com', 'docs.example.com.', true],
      ['docs.example.com', 'docs.example.com:443', true],
      ['docs.example.com', 'docs.example.com:80', true],
      ['docs.example.com', 'docs.example.com:81', false],
      ['docs.example.com', 'docs.example.com:8443', false],
      ['docs.example.com:81', 'docs.example.com:81', true],
      ['docs.example.com:81', 'docs.example.com:443', false],
      ['docs.example.com', 'docs.example.com.evil.test', false],
      ['docs.example.com', 'evildocs.example.com', false],
      ['docs.example.com', 'example.com', false],
      ['docs.example.com', 'a.docs.example.com', false],
      ['*.example.com', 'docs.example.com', true],
      ['*.example.com', 'a.b.example.com', true],
      ['*.example.com', 'example.com', false],
      ['*.example.com', 'evilexample.com', false],
      ['*.example.com', 'example.com.evil.test', false],
      ['*.example.com:8443', 'a.example.com:8443', true],
      ['*.example.com:8443', 'a.example.com', false],
      ['bücher.example', 'xn--bcher-kva.example', true],
      ['bücher.example', 'xn--bchr-bpe.example', false],
      ['example.com', 'xn--xample-2of.com', false],
      ['a.test b.test,c.test\nd.test', 'd.test', true],
      ['', 'docs.example.com', false],
    ]
    for (const [list, host, isAllowed] of table) assert.equal(allows(list, host), isAllowed, `${list} ← ${host}`)
  })

  test('[S32] what some programs read differently from others is no host', () => {
    const strange = [
      'docs.example.com@evil.test',
      'docs.example.com:80@evil.test',
      'docs%2eexample.com',
      'docs.example.com%00.evil.test',
      'docs。example.com',
      'dоcs.example.com',
      'docs.example.com\\@evil.test',
      'docs.example.com\t',
      'docs..example.com',
      '.example.com',
      'docs.example.com..',
      '-docs.example.com',
      'docs.example.com:0',
      'docs.example.com:65536',
      'docs.example.com:443:80',
      'docs.example.com:',
      '[::1',
      '[fe80::1%25eth0]',
      '[fe80::1%eth0]',
      '::1',
      '[127.0.0.1]',
      '256.0.0.1',
      '1.2.3.4.5',
      '0x100000000',
      '',
      'a'.repeat(64) + '.test',
      `${'a.'.repeat(130)}test`,
    ]
    for (const host of strange) assert.equal(readAuthority(host).ok, false, host)
  })

  test('methods belong to the next host only', () => {
    const list = 'GET,HEAD example.com, other.test POST *.example.com'
    assert.ok(allows(list, 'example.com', 'GET'))
    assert.ok(allows(list, 'example.com', 'HEAD'))
    assert.ok(!allows(list, 'example.com', 'POST'))
    assert.ok(allows(list, 'other.test', 'DELETE'))
    assert.ok(allows(list, 'a.example.com', 'POST'))
    assert.ok(!allows(list, 'a.example.com', 'GET'))
    const verdict = judge({ mode: 'list', rules: parseEgressList(list) }, targetOf('example.com'), 'POST')
    assert.ok(!verdict.ok)
    assert.match(verdict.why, /for GET, HEAD only, not for POST/)
    assert.ok(parseEgressList(verdict.entry.replaceAll("'", ''))[0]?.methods?.has('POST'), 'the remedy can be read')
  })

  test('an entry that cannot be read is named, with the way to write it', () => {
    const wrong: readonly (readonly [list: string, message: RegExp])[] = [
      ['example.com https://other.test/', /"https:\/\/other.test\/": write a host/],
      ['10.0.0.0/8', /"10.0.0.0\/8": write a host/],
      ['*', /mode open/],
      ['a*.example.com', /"a\*.example.com": it is not a host name; write it as/],
      ['*.10.0.0.1', /no names below/],
      ['example.com=yes', /only ending is =private/],
      ['example.com:99999', /not a host name/],
      ['example.com GET', /no host follows "GET"/],
      ['user@example.com', /user name/],
      [Array.from({ length: 1001 }, (_, index) => `h${index}.test`).join(' '), /more than 1000/],
    ]
    for (const [list, message] of wrong)
      assert.throws(
        () => parseEgressList(list),
        (error: unknown) => error instanceof EgressSyntaxError && message.test(error.message),
        list,
      )
  })

  test('the modes: none lets nothing through, open everything that is public', () => {
    const rules = parseEgressList('example.com GET intern.test=private')
    assert.ok(!judge({ mode: 'none', rules }, targetOf('example.com')).ok)
    assert.deepEqual(judge({ mode: 'open', rules }, targetOf('other.test:8080'), 'POST'), {
      ok: true,
      allowsPrivate: false,
      needsMethod: false,
    })
    const intern = judge({ mode: 'open', rules }, targetOf('intern.test'), 'GET')
    assert.ok(intern.ok && intern.allowsPrivate)
  })
})

describe('addresses', () => {
  test('[S31] every spelling of an address is the same address', () => {
    const spellings = [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '017700000001',
      '0x7f000001',
      '0x7f.1',
      '127.0.0.1.',
      '0177.0.0.01',
    ]
    for (const text of spellings) assert.deepEqual(targetOf(text).host, '127.0.0.1', text)
    assert.equal(targetOf('0').host, '0.0.0.0')
    assert.equal(targetOf('[::ffff:127.0.0.1]').host, targetOf('[::FFFF:7f00:1]').host)
    assert.equal(targetOf('[0:0:0:0:0:0:0:1]').host, '::1')
    assert.equal(targetOf('localhost.').host, 'localhost')
  })

  test('[S31] only what is known to be public counts as public', () => {
    const hidden = [
      ...[
        '127.0.0.1',
        '127.255.255.254',
        '0.0.0.0',
        '0.1.2.3',
        '10.0.0.1',
        '172.16.0.1',
        '172.31.255.255',
        '192.168.0.1',
      ],
      ...[
        '169.254.169.254',
        '169.254.0.1',
        '100.64.0.1',
        '100.127.255.255',
        '224.0.0.1',
        '239.1.1.1',
        '255.255.255.255',
      ],
      ...['198.18.0.1', '192.0.2.1', '240.0.0.1', '::', '::1', 'fe80::1', 'fec0::1', 'fc00::1', 'fd12::1', 'ff02::1'],
      ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a00:1'],
      ...[
        '64:ff9b:1::808:808',
        '2002:7f00:1::',
        '2001:0:7f00:1::',
        '100::1',
        '2001:db8::1',
        'fe80::1%eth0',
        '::ffff:0:127.0.0.1',
      ],
      ...['fd00:ec2::254', '4000::1', 'not an address'],
    ]
    for (const address of hidden) assert.ok(privacyOf(address), address)
    for (const address of [
      '1.1.1.1',
      '8.8.8.8',
      '172.32.0.1',
      '100.128.0.1',
      '2606:4700::1111',
      '64:ff9b::808:808',
      '::ffff:8.8.8.8',
    ])
      assert.equal(privacyOf(address), undefined, address)
  })

  test('[S31] neither metadata nor multicast is ever meant by a name', () => {
    for (const address of ['169.254.169.254', 'fe80::1', '224.0.0.1', '0.0.0.0', '240.0.0.1'])
      assert.equal(privacyOf(address)?.mayBeNamed, false, address)
    for (const address of ['127.0.0.1', '::1', '10.1.1.1', 'fd00::1', '100.64.0.1', '::ffff:10.0.0.1'])
      assert.equal(privacyOf(address)?.mayBeNamed, true, address)
  })
})
