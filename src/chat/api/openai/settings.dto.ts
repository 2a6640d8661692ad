import { z } from 'zod'
import { definedFields } from '../../../commands/defined-fields.js'
import type { ModelSettings } from '../../message.js'

/** How the model answers: what both kinds of calls have under the same names. */
export const samplingFields = {
  temperature: z.number().min(0).max(2).optional().describe('How freely the model answers: 0 is the strictest'),
  top_p: z.number().min(0).max(1).optional().describe('It chooses among the likeliest tokens up to this probability'),
  presence_penalty: z.number().min(-2).max(2).optional().describe('Makes new subjects likelier'),
  frequency_penalty: z.number().min(-2).max(2).optional().describe('Makes repetitions less likely'),
}

type Sampling = z.infer<z.ZodObject<typeof samplingFields>>

export const settingsOf = (
  { temperature, top_p, presence_penalty, frequency_penalty }: Sampling,
  more: Pick<ModelSettings, 'maxTokens' | 'seed'>,
): ModelSettings =>
  definedFields({
    temperature,
    topP: top_p,
    presencePenalty: presence_penalty,
    frequencyPenalty: frequency_penalty,
    ...more,
  })

/** A text that can be stored as it came. */
export const text = () =>
  z.string().refine((value) => value.isWellFormed(), { message: 'has half of a surrogate pair in it' })

export const modelName = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('provider/model, or a model’s bare name')
  .meta({ example: 'offline/echo' })
