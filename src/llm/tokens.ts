import type { PromptMessage, PromptToolCall } from './provider.js'

/** Counts like OpenAI's newer models. Other models differ by some percent, by more when a text is not English. */
export interface Tokenizer {
  countTokens: (text: string) => number
  /** One message, with the tokens around it. */
  countMessage: (message: PromptMessage) => number
  /** A whole prompt: its messages, and the tokens that ask the model for an answer. */
  countMessages: (messages: readonly PromptMessage[]) => number
}

/** An image costs between 85 and 1,600 tokens, as each model counts. */
export const imageTokens = 1_000

/** The first call loads the tokenizer, which takes 0.2 s. */
export function loadTokenizer(): Promise<Tokenizer> {
  return (loading ??= load())
}

let loading: Promise<Tokenizer> | undefined

async function load(): Promise<Tokenizer> {
  const o200k = await import('gpt-tokenizer/encoding/o200k_base')
  o200k.setMergeCacheSize(0) // the cache would keep people's text in memory, where an erasure would not find it
  // What people write has no special tokens: <|endoftext|> is text like any other.
  const noSpecialTokens = { disallowedSpecial: new Set<string>() }
  const countTokens = (text: string) => count(text, (piece) => o200k.countTokens(piece, noSpecialTokens))
  const countCall = ({ function: { name, arguments: args }, output }: PromptToolCall) =>
    8 + countTokens(name) + countTokens(args) + countTokens(output)
  const countMessage = ({ role, content, name, images = [], toolCalls = [] }: PromptMessage) =>
    3 +
    countTokens(role) +
    countTokens(content) +
    (name ? 1 + countTokens(name) : 0) +
    images.length * imageTokens +
    toolCalls.reduce((sum, call) => sum + countCall(call), 0)
  return {
    countTokens,
    countMessage,
    countMessages: (messages) => messages.reduce((sum, message) => sum + countMessage(message), 3),
  }
}

/**
 * The tokenizer takes quadratic time for text without a break (seven seconds for 100,000 times the letter a), and
 * counting blocks the event loop. So long runs are cut, which adds a few percent to their count, and beyond 65,536
 * units the count is estimated from samples. The worst case (random Chinese) takes a sixth of a second.
 */
const longestRun = 64
const tooLongRun = new RegExp(`\\S{${longestRun + 1},}|\\s{${longestRun + 1},}`, 'g')
const samples = 64
const sampleLength = 1024

type Count = (piece: string) => number

function count(text: string, countPiece: Count): number {
  const exactUpTo = samples * sampleLength
  if (text.length <= exactUpTo) return countInPieces(text, countPiece)
  const step = (text.length - sampleLength) / (samples - 1)
  let sampledTokens = 0
  for (let i = 0; i < samples; i++) {
    const from = Math.round(i * step)
    sampledTokens += countInPieces(text.slice(from, from + sampleLength), countPiece)
  }
  return Math.ceil((sampledTokens / exactUpTo) * text.length)
}

function countInPieces(text: string, countPiece: Count): number {
  let sum = 0
  let countedUpTo = 0
  for (const { 0: run, index } of text.matchAll(tooLongRun)) {
    sum += countPiece(text.slice(countedUpTo, index))
    for (let at = 0; at < run.length; at += longestRun) sum += countPiece(run.slice(at, at + longestRun))
    countedUpTo = index + run.length
  }
  return sum + countPiece(text.slice(countedUpTo))
}
