/** Headers of what an agent has made: whatever it is, no browser runs it or guesses what it may be (S15). */
export const inert = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
} as const
