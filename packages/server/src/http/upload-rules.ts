import type { DoorFacts } from './door-parts.ts'

/** What OpenHands' settings say of uploads, as they were written (wire A6.2). */
export interface UploadSettings {
  readonly maxFileSizeMb?: unknown
  readonly restrictFileTypes?: unknown
  readonly allowedExtensions?: unknown
}

/** The limits that they mean (wire A5.7, C4): what makes no sense limits nothing. */
export function uploadRules(settings: UploadSettings): Pick<DoorFacts, 'uploadBytes' | 'uploadEndings'> {
  const { maxFileSizeMb: size, allowedExtensions: listed } = settings
  const megabytes = typeof size === 'number' && Number.isInteger(size) && size > 0 ? size : 0
  const endings = settings.restrictFileTypes === true && Array.isArray(listed) ? listed.map(endingOf) : []
  return {
    ...(megabytes > 0 ? { uploadBytes: megabytes * 1024 * 1024 } : {}),
    ...(endings.length > 0 && !endings.includes('.*') ? { uploadEndings: new Set(endings) } : {}),
  }
}

function endingOf(extension: unknown): string {
  const text = String(extension).trim().toLowerCase()
  return text.startsWith('.') ? text : `.${text}`
}
