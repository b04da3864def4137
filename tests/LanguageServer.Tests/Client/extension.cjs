// Runs the extension for Visual Studio Code with the editor's API played by a few objects, and prints what it started.
//
//   node extension.cjs EXTENSION PATH-SETTING
"use strict";
const Module = require("node:module");

const [extension, path] = process.argv.slice(2);
const report = { clients: [], commands: [], messages: [], watchers: 0, stopped: 0 };

class LanguageClient {
    constructor(id, name, server, options) {
        report.clients.push({ id, server, languages: options.documentSelector.map((d) => d.language) });
    }

    async start() {
        if (path === "missing") throw new Error("there is no such command");
    }

    async stop() { report.stopped++; }
}

const registered = new Map();
const fakes = {
    vscode: {
        workspace: {
            getConfiguration: () => ({ get: () => path }),
            createFileSystemWatcher: () => { report.watchers++; return { dispose: () => report.watchers-- }; },
            onDidChangeConfiguration: () => ({}),
        },
        commands: { registerCommand: (name, run) => { registered.set(name, run); report.commands.push(name); return {}; } },
        window: { showErrorMessage: (message) => report.messages.push(message) },
    },
    "vscode-languageclient/node": { LanguageClient },
};
const load = Module._load;
Module._load = (name, ...rest) => fakes[name] ?? load(name, ...rest);

(async () => {
    const { activate, deactivate } = require(extension);
    await activate({ subscriptions: [] });
    await registered.get("sparsedsl.restart")();
    await deactivate();
    process.stdout.write(JSON.stringify(report));
})();
