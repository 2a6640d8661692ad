import express from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import jwt from 'jsonwebtoken'
import mongoose from 'mongoose'
import OpenAI from 'openai'
import { z } from 'zod'

/**
 * A chat backend as it is written today without events: Express, Mongoose and the official openai client. It keeps
 * what a service of this kind should have (JWT, validation, helmet, a rate limit, writes that a majority has on disk)
 * and nothing else: no proof, no history, no queue, no retry that is safe.
 *
 *   MONGODB_URI, OPENAI_BASE_URL, JWT_SECRET
 */
const { MONGODB_URI, OPENAI_BASE_URL, JWT_SECRET } = process.env
const { Schema } = mongoose

const User = mongoose.model('User', new Schema({ email: String, totalTokens: { type: Number, default: 0 } }))
const Session = mongoose.model(
  'Session',
  new Schema(
    { userId: { type: Schema.Types.ObjectId, index: true }, title: String, messageCount: { type: Number, default: 0 } },
    { timestamps: true },
  ).index({ userId: 1, updatedAt: -1 }),
)
const Message = mongoose.model(
  'Message',
  new Schema(
    {
      sessionId: { type: Schema.Types.ObjectId, required: true },
      role: { type: String, enum: ['user', 'assistant'], required: true },
      content: { type: String, required: true },
      tokens: Number,
    },
    { timestamps: true },
  ).index({ sessionId: 1, createdAt: -1 }),
)

const openai = new OpenAI({ baseURL: OPENAI_BASE_URL, apiKey: 'x' })
const app = express()
app.use(helmet())
app.use(rateLimit({ windowMs: 60_000, limit: 100_000_000, standardHeaders: true, legacyHeaders: false }))
app.use(express.json())

const validated = (schema, part) => (request, _response, next) => {
  request.valid = { ...request.valid, [part]: schema.parse(request[part]) }
  next()
}

app.post('/register', validated(z.object({ email: z.email() }), 'body'), async ({ valid }, response) => {
  const user = await User.create(valid.body)
  response.status(201).json({ id: user.id, token: jwt.sign({ sub: user.id }, JWT_SECRET, { expiresIn: '7d' }) })
})

app.use((request, response, next) => {
  try {
    request.userId = jwt.verify(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '', JWT_SECRET).sub
    next()
  } catch {
    response.status(401).json({ error: 'a valid token is needed' })
  }
})

const id = z.object({ id: z.string().regex(/^[0-9a-f]{24}$/) })
const page = z.object({ limit: z.coerce.number().int().min(1).max(100).default(50) })

app.post('/sessions', validated(z.object({ title: z.string().max(200) }), 'body'), async (request, response) => {
  const session = await Session.create({ ...request.valid.body, userId: request.userId })
  response.status(201).json({ id: session.id })
})

app.get('/sessions', validated(page, 'query'), async (request, response) => {
  const { limit } = request.valid.query
  const sessions = await Session.find({ userId: request.userId }).sort({ updatedAt: -1 }).limit(limit).lean()
  response.json({ sessions: sessions.map(({ _id, ...session }) => ({ id: _id, ...session })) })
})

app.get('/sessions/:id/messages', validated(id, 'params'), validated(page, 'query'), async (request, response) => {
  const session = await Session.findOne({ _id: request.valid.params.id, userId: request.userId }).lean()
  if (!session) return response.status(404).json({ error: 'no such session' })
  const { limit } = request.valid.query
  const messages = await Message.find({ sessionId: session._id }).sort({ createdAt: -1 }).limit(limit).lean()
  response.json({ messages: messages.reverse().map(({ _id, ...message }) => ({ id: _id, ...message })) })
})

const prompt = z.object({ text: z.string().min(1).max(32_000) })

app.post('/sessions/:id/send', validated(id, 'params'), validated(prompt, 'body'), async (request, response) => {
  const session = await Session.findOne({ _id: request.valid.params.id, userId: request.userId })
  if (!session) return response.status(404).json({ error: 'no such session' })
  const { text } = request.valid.body
  await Message.create({ sessionId: session._id, role: 'user', content: text })
  const history = await Message.find({ sessionId: session._id }).sort({ createdAt: -1 }).limit(20).lean()
  const completion = await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: history.reverse().map(({ role, content }) => ({ role, content })),
  })
  const content = completion.choices[0].message.content
  const tokens = completion.usage.total_tokens
  const answer = await Message.create({ sessionId: session._id, role: 'assistant', content, tokens })
  await Session.updateOne({ _id: session._id }, { $inc: { messageCount: 2 } })
  await User.updateOne({ _id: request.userId }, { $inc: { totalTokens: tokens } })
  response.json({ text: content, tokens, messageId: answer.id })
})

app.use((error, _request, response, _next) => {
  if (error instanceof z.ZodError) return response.status(400).json({ error: z.prettifyError(error) })
  console.error(error)
  response.status(500).json({ error: 'something went wrong' })
})

await mongoose.connect(MONGODB_URI, { writeConcern: { w: 'majority', journal: true } })
await Promise.all([User, Session, Message].map((model) => model.init()))
const server = app.listen(0, '127.0.0.1', () => console.log(`ready: http://127.0.0.1:${server.address().port}`))
