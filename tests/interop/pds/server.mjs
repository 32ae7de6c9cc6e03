// A personal data server of the AT Protocol (@atproto/pds) on loopback, alone: with it, under /plc, the directory of numbers
// that it registers its accounts in, and, instead of the public internet, the one address at which our app describes itself.
//
// Run by tests/interop/bluesky.py: node server.mjs MODULES PORT FOLDER; FOLDER/client.json is what our app says of itself.

import { createHmac, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [modules, port, folder] = process.argv.slice(2)
const require = createRequire(join(modules, 'package.json'))
const load = (name, from = require) => import(pathToFileURL(from.resolve(name)).href)
const { PDS, envToCfg, envToSecrets } = await load('@atproto/pds')
const plc = require('@did-plc/lib')

const here = `http://localhost:${port}`
const secret = () => randomBytes(32).toString('hex')
mkdirSync(join(folder, 'blobs'))
const env = {
  port: Number(port),
  hostname: 'localhost',
  devMode: true,
  dataDirectory: folder,
  blobstoreDiskLocation: join(folder, 'blobs'),
  blobstoreDiskTmpLocation: join(folder, 'blobs-tmp'),
  didPlcUrl: `${here}/plc`,
  serviceHandleDomains: ['.social.example.org'],
  inviteRequired: false,
  rateLimitsEnabled: false,
  disableSsrfProtection: true,
  dpopSecret: secret(),
  jwtSecret: secret(),
  adminPassword: secret(),
  plcRotationKeyK256PrivateKeyHex: secret(),
}

// Nothing leaves this machine: what is not loopback is our app's own description, or is not found.
const client = JSON.parse(readFileSync(join(folder, 'client.json'), 'utf8'))
const fetched = globalThis.fetch
globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : String(input))
  if (url.hostname === 'localhost') return fetched(input, init)
  const found = url.href === client.client_id
  return new Response(JSON.stringify(found ? client : {}), {
    status: found ? 200 : 404,
    headers: { 'content-type': 'application/json' },
  })
}

// The directory: every operation is checked by the library that the real one is made of.
const logs = new Map()
async function directory(request, path) {
  const [did, ...rest] = path.split('/').filter(Boolean).map(decodeURIComponent)
  const log = logs.get(did) ?? []
  if (request.method === 'POST') {
    const pieces = []
    for await (const piece of request) pieces.push(piece)
    const operation = JSON.parse(Buffer.concat(pieces).toString())
    await plc.validateOperationLog(did, [...log, operation])
    logs.set(did, [...log, operation])
    return {}
  }
  if (!log.length) return null
  if (rest.join('/') === 'log/last') return log.at(-1)
  const data = await plc.validateOperationLog(did, log)
  return rest[0] === 'data' ? data : plc.formatDidDoc(data)
}

const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.ctx.sequencer.start()
const server = createServer((request, response) => {
  if (!request.url.startsWith('/plc/')) return pds.app(request, response)
  directory(request, request.url.slice('/plc/'.length)).then(
    (value) => {
      response.writeHead(value ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(value ?? { message: 'not registered' }))
    },
    (error) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ message: String(error) }))
    },
  )
})
server.listen(Number(port), '127.0.0.1')
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
