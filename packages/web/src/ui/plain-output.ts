// CSI, OSC and other string sequences, and single escapes (ECMA-48); an unfinished one at the end counts too.
const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*(?:[@-~]|$)|(?:\u001b[\]P^_X]|[\u009d\u0090\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c|$)|\u001b[ -/]*[0-~]?/g
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

/**
 * What a terminal would be left with of this output, as plain text: no colours, and of a line that was written over by
 * a carriage return the last writing. Nothing in it is obeyed (S17).
 */
export function plainOutput(output: string): string {
  const bare = output.replace(ESCAPES, '').replace(/\r+\n/g, '\n')
  const lines = bare.includes('\r') ? bare.split('\n').map(overwritten).join('\n') : bare
  return lines.replace(CONTROLS, '')
}

function overwritten(line: string): string {
  const [first = '', ...later] = line.split('\r')
  let shown = first
  for (const written of later) if (written !== '') shown = written + shown.slice(written.length)
  return shown
}
