// Starts `sparsedsl lsp` for .dsl files. Everything else (diagnostics, hover, definitions, completion, outline, formatting) is in the server.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;
let watcher;

/** The command line of the server, from the setting `sparsedsl.path`. */
function serverCommand() {
    const path = vscode.workspace.getConfiguration("sparsedsl").get("path") || "sparsedsl";
    return path.endsWith(".dll") ? { command: "dotnet", args: [path, "lsp"] } : { command: path, args: ["lsp"] };
}

async function start() {
    watcher = vscode.workspace.createFileSystemWatcher("**/*.dsl");
    client = new LanguageClient("sparsedsl", "SparseDsl", serverCommand(), {
        // Not only files: a new document is served before it has a name.
        documentSelector: [{ language: "sparsedsl", scheme: "file" }, { language: "sparsedsl", scheme: "untitled" }],
        synchronize: { fileEvents: watcher },
    });
    try {
        await client.start();
    } catch (problem) {
        vscode.window.showErrorMessage(
            `SparseDsl: '${serverCommand().command} lsp' does not start (${problem.message ?? problem}). ` +
            "Install it with 'dotnet tool install SparseDsl.Tool', or set 'sparsedsl.path'.");
    }
}

async function stop() {
    const running = client;
    client = undefined;
    watcher?.dispose();
    watcher = undefined;
    await running?.stop();
}

async function restart() {
    await stop().catch(() => { /* It never started. */ });
    await start();
}

async function activate(context) {
    context.subscriptions.push(
        vscode.commands.registerCommand("sparsedsl.restart", restart),
        vscode.workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("sparsedsl.path") ? restart() : undefined));
    await start();
}

module.exports = { activate, deactivate: stop };
