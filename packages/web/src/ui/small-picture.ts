/** Bytes of a picture that is sent as it is; written as an address it stays below what goes in one piece (P39). */
const ENOUGH = 190_000
/** Pixels of the longer side: models see no more of a picture. */
const MOST_PIXELS = 1_568
/** From the best to what is still good to read; then it is made smaller. */
const TRIES = [
  { share: 1, quality: 0.9 },
  { share: 1, quality: 0.7 },
  { share: 0.75, quality: 0.6 },
  { share: 0.5, quality: 0.5 },
]

/**
 * A picture as a `data:` address that is small enough for a message: one with too many bytes is drawn anew as WebP, of
 * moving ones the first frame. Rejects where the browser cannot read it.
 */
export async function smallPicture(file: File): Promise<string> {
  if (file.size <= ENOUGH) return await read(file)
  const picture = await createImageBitmap(file)
  try {
    const fit = Math.min(1, MOST_PIXELS / Math.max(picture.width, picture.height))
    let made: Blob = file
    for (const { share, quality } of TRIES) {
      made = await drawn(picture, fit * share, quality)
      if (made.size <= ENOUGH) break
    }
    return await read(made)
  } finally {
    picture.close()
  }
}

function drawn(picture: ImageBitmap, share: number, quality: number): Promise<Blob> {
  const width = Math.max(1, Math.round(picture.width * share))
  const height = Math.max(1, Math.round(picture.height * share))
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, width, height)
  return canvas.convertToBlob({ type: 'image/webp', quality })
}

function read(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error ?? new Error('cannot be read'))
    reader.readAsDataURL(file)
  })
}
