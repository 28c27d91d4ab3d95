/** Bytes of a line. */
const WIDTH = 8

/** The first bytes of a file as people look at them: where, in hexadecimal, as letters; at most `most` bytes. */
export function hexLines(bytes: Uint8Array, most: number): string {
  const shown = bytes.subarray(0, most)
  const lines: string[] = []
  for (let at = 0; at < shown.length; at += WIDTH) {
    const row = [...shown.subarray(at, at + WIDTH)]
    const hex = row.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const letters = row.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(WIDTH * 3 - 1)}  ${letters}`)
  }
  return lines.join('\n')
}
