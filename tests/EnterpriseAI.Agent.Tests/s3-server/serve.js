// An S3 store on loopback for the tests: prints its port, and ends with its standard input.
'use strict';

const S3rver = require('s3rver');

const [directory] = process.argv.slice(2);
const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, vhostBuckets: false, configureBuckets: [{ name: 'models' }] });
server.run().then(({ port }) => console.log(port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
