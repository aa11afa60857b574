// Calls a server that serves the linear model of OnnxModels as "m", with gRPC's own client for Node.js.
// What it knows of the messages comes from the server's reflection. Usage: node call.js HOST:PORT PROTOS
'use strict';

const assert = require('node:assert/strict');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, protos] = process.argv.slice(2);
const insecure = grpc.credentials.createInsecure();
const options = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true };

const unary = (client, method, request, callOptions = {}) =>
  new Promise((resolve, reject) =>
    client[method](request, new grpc.Metadata(), callOptions, (error, answer) => (error ? reject(error) : resolve(answer))));

const failure = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return { code: error.code, details: error.details };
  }
  return assert.fail('the call succeeded');
};

const floats = (values) => Buffer.from(new Float32Array(values).buffer);
const valuesOf = (buffer) => Array.from(new Float32Array(new Uint8Array(buffer).buffer));

async function reflect(version) {
  const file = `grpc/reflection/${version}/reflection.proto`;
  const service = grpc.loadPackageDefinition(loader.loadSync(file, { ...options, includeDirs: [protos] })).grpc.reflection[version];
  const call = new service.ServerReflection(address, insecure).ServerReflectionInfo();
  const answers = call[Symbol.asyncIterator]();
  const ask = async (question) => {
    call.write(question);
    return (await answers.next()).value;
  };
  const names = (await ask({ list_services: '' })).list_services_response.service.map((entry) => entry.name);
  const files = new Map();
  for (const name of names) {
    for (const descriptor of (await ask({ file_containing_symbol: name })).file_descriptor_response.file_descriptor_proto)
      files.set(descriptor.toString('base64'), descriptor);
  }
  assert.equal((await ask({ file_by_filename: 'none' })).error_response.error_code, grpc.status.NOT_FOUND);
  call.end();
  assert.equal((await answers.next()).done, true);
  // A FileDescriptorSet has the files as its field 1.
  const varint = (value) => (value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]);
  const set = Buffer.concat([...files.values()].flatMap((bytes) => [Buffer.from([0x0a, ...varint(bytes.length)]), bytes]));
  return { names, services: grpc.loadPackageDefinition(loader.loadFileDescriptorSetFromBuffer(set, options)) };
}

async function main() {
  const { names, services } = await reflect('v1');
  assert.deepEqual((await reflect('v1alpha')).names, names);

  const large = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
  const inference = new services.inference.GRPCInferenceService(address, insecure, large);
  assert.equal((await unary(inference, 'ServerLive', {})).live, true);
  assert.equal((await unary(inference, 'ServerReady', {})).ready, true);
  const model = await unary(inference, 'ModelMetadata', { name: 'm' });
  assert.deepEqual(model.inputs, [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }]);
  assert.equal((await unary(inference, 'RepositoryIndex', {})).models[0].state, 'READY');

  const tensor = { name: 'x', datatype: 'FP32', shape: [1, 3] };
  // From descriptors, maps are known to this client as the lists that they are on the wire.
  const raw = { model_name: 'm', id: 'grüße', inputs: [tensor], raw_input_contents: [floats([1, 2, 3])], parameters: [{ key: 'p', value: { string_param: 'x' } }] };
  const typed = { model_name: 'm', inputs: [{ ...tensor, contents: { fp32_contents: [1, 2, 3] } }] };
  const compressed = new services.inference.GRPCInferenceService(address, insecure, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
  for (const client of [inference, compressed]) {
    const rawAnswer = await unary(client, 'ModelInfer', raw);
    assert.equal(rawAnswer.id, 'grüße');
    assert.deepEqual(valuesOf(rawAnswer.raw_output_contents[0]), [32, 48]);
    assert.deepEqual((await unary(client, 'ModelInfer', typed)).outputs[0].contents.fp32_contents, [32, 48]);
  }

  const rows = 500_000;
  const many = { model_name: 'm', inputs: [{ ...tensor, shape: [rows, 3] }], raw_input_contents: [floats(new Array(3 * rows).fill(1))] };
  const [output] = (await unary(inference, 'ModelInfer', many)).raw_output_contents;
  assert.equal(output.length, 8 * rows);
  assert.deepEqual(new Set(valuesOf(output)), new Set([19, 32]));

  assert.deepEqual(await failure(unary(inference, 'ModelInfer', { model_name: 'größer %' })), {
    code: grpc.status.NOT_FOUND,
    details: "model 'größer %' is unknown: this server has 'm'",
  });
  assert.equal((await failure(unary(inference, 'ModelInfer', { ...raw, raw_input_contents: [] }))).code, grpc.status.INVALID_ARGUMENT);

  const stream = inference.ModelStreamInfer();
  for (let x = 0; x < 50; x++)
    stream.write({ ...raw, id: `${x}`, inputs: [{ ...tensor, datatype: x % 10 === 9 ? 'INT8' : 'FP32' }], raw_input_contents: [floats([x, 0, 0])] });
  stream.end();
  let x = 0;
  for await (const { error_message: error, infer_response: answer } of stream) {
    assert.equal(answer.id, `${x}`);
    if (x % 10 === 9) assert.match(error, /datatype is INT8/);
    else assert.deepEqual(valuesOf(answer.raw_output_contents[0]), [x + 10, 2 * x + 20]);
    x++;
  }
  assert.equal(x, 50);

  const health = new services.grpc.health.v1.Health(address, insecure);
  assert.equal((await unary(health, 'Check', { service: '' })).status, 'SERVING');
  assert.equal((await failure(unary(health, 'Check', { service: 'none' }))).code, grpc.status.NOT_FOUND);
  for (const end of ['deadline', 'cancel']) {
    const watch = health.Watch({ service: 'm' }, end === 'deadline' ? { deadline: Date.now() + 300 } : {});
    const ended = new Promise((resolve) => watch.on('error', resolve));
    watch.on('data', (answer) => {
      assert.equal(answer.status, 'SERVING');
      if (end === 'cancel') watch.cancel();
    });
    assert.equal((await ended).code, end === 'cancel' ? grpc.status.CANCELLED : grpc.status.DEADLINE_EXCEEDED);
  }
  console.log('all calls were answered as they should be');
  for (const client of [inference, compressed, health]) client.close();
}

// The connections of reflection are still open.
main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
