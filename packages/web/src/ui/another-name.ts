/** A path beside another one, for the copy with that number: `data/a 2.txt` beside `data/a.txt`. */
export function anotherName(path: string, number: number): string {
  const cut = path.lastIndexOf('/') + 1
  const name = path.slice(cut)
  const [ending = ''] = /(?<=.)(?:\.tar)?\.[^.]+$/.exec(name) ?? []
  return `${path.slice(0, cut)}${name.slice(0, name.length - ending.length)} ${number}${ending}`
}
