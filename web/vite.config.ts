// SPDX-License-Identifier: Apache-2.0
// Stable names and no maps: the built files are committed, and a build of the same sources gives the same bytes.
import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

/** The licences of what is in app.js and app.css, as their authors want them to go along. */
function licences(names: string[]): Plugin {
  const text = names.map((name) => {
    const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string };
    return `${name} ${version}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8').trim()}\n`;
  });
  const source = `The page of Coppice's dashboard has parts of these works in it.\n\n${text.join('\n----\n\n')}`;
  return {
    name: 'licences',
    generateBundle(_options, bundle) {
      for (const made of Object.values(bundle)) {
        if (made.type === 'chunk') {
          made.code = `// SPDX-License-Identifier: Apache-2.0\n${made.code}`; // the minifier takes out earlier ones
        }
      }
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source });
    },
  };
}

export default defineConfig({
  base: '/assets/',
  plugins: [licences(['preact', 'd3-hierarchy', 'uplot'])],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    outDir: '../src/dashboard/assets',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rollupOptions: {
      output: {
        entryFileNames: 'app.js',
        assetFileNames: (file) => (file.name?.endsWith('.css') ? 'app.css' : '[name][extname]'),
        inlineDynamicImports: true,
      },
    },
  },
});
