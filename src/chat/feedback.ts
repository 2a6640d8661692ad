import { z } from 'zod'

export const feedback = z.enum(['positive', 'negative'])
export type Feedback = z.infer<typeof feedback>

/** By how much a feedback raises its giver's count: one that only changes its mind counts once. */
export const feedbackStep = ({ previous }: { previous: Feedback | null }): number => (previous === null ? 1 : 0)
