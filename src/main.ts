// Placeholder until the server stands here; it only lets the build and `npm start` be exercised.

process.stdout.write('rootline: nothing to serve yet\n');
