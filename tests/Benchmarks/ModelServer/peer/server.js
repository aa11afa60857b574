// The other side of the benchmark: what a developer writes in an afternoon with Node.js and onnxruntime-node.
// usage: node server.js MODEL PORT THREADS
'use strict';
const http = require('node:http');
const ort = require('onnxruntime-node');

const [model, port, threads] = process.argv.slice(2);
const arrays = { FP32: Float32Array, FP64: Float64Array, INT64: BigInt64Array };
const types = { FP32: 'float32', FP64: 'float64', INT64: 'int64' };
const datatypes = { float32: 'FP32', float64: 'FP64', int64: 'INT64', string: 'BYTES' };

async function infer(session, body) {
  const request = JSON.parse(body);
  const feeds = {};
  for (const input of request.inputs) {
    const data = input.datatype === 'INT64' ? input.data.map(BigInt) : input.data;
    feeds[input.name] = new ort.Tensor(types[input.datatype], arrays[input.datatype].from(data), input.shape);
  }
  const results = await session.run(feeds);
  const outputs = Object.entries(results).map(([name, tensor]) => ({
    name,
    datatype: datatypes[tensor.type],
    shape: tensor.dims,
    data: Array.from(tensor.data, value => typeof value === 'bigint' ? Number(value) : value),
  }));
  return JSON.stringify({ model_name: 'm', id: request.id, outputs });
}

async function main() {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: Number(threads), interOpNumThreads: 1 });
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', async () => {
      try {
        const answer = await infer(session, Buffer.concat(chunks));
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
        response.end(answer);
      } catch (error) {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: String(error.message ?? error) }));
      }
    });
  });
  server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
}

main();
