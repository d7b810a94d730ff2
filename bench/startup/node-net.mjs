// The cost of importing node:net, which is built into Node.
import 'node:net';
