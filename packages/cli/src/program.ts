import { Command, InvalidArgumentError, Option } from "commander";
import type { CreateOptions } from "./commands/create.ts";
import type { DeleteOptions } from "./commands/delete.ts";
import type { DoctorOptions } from "./commands/doctor.ts";
import type { ExecOptions, LogsOptions } from "./commands/exec.ts";
import type { GetOptions } from "./commands/get.ts";
import type { ListOptions } from "./commands/list.ts";
import { print, type CommandContext } from "./commands/context.ts";
import { addConfigFlags, addSettingsFlags } from "./config-flags.ts";
import { isFindingId, type FindingId } from "./doctor/findings.ts";
import { VERSION } from "./version.ts";

/**
 * The `sandgate` command. Help is part of it: every command says what it does, what its arguments mean, and shows how
 * it is used. What carries a command out is loaded when it runs, so that none waits for the modules of another.
 *
 * @param exit - Called with the exit code of a command that has one of its own.
 */
export function createProgram(context: CommandContext, exit: (code: number) => void): Command {
  const program = new Command("sandgate")
    .description("The front door of AI-agent sandboxes on Kubernetes.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .showHelpAfterError("(add --help for what this command takes)")
    .addHelpText(
      "after",
      `
Start here:
  $ sandgate up                                  an embedded cluster and the gateway, in one process
  $ sandgate create alice/my-sandbox             a sandbox, ready in about a second
  $ curl http://127.0.0.1:8080/alice/my-sandbox/
  $ sandgate exec alice/my-sandbox -- python3 -V
  $ kubectl --kubeconfig $(sandgate kubeconfig) get sandboxes -A

Which cluster a command touches: --kubeconfig or --context, else SANDGATE_KUBECONFIG, else the running "sandgate up"
of the data folder. KUBECONFIG alone is not used.`,
    );

  addConfigFlags(
    program
      .command("up")
      .description(
        "start everything in one process: embedded cluster, controllers, node and gateway (Linux, root)",
      )
      .option("--demo", "make the sandbox alice/my-sandbox if there is none")
      .option(
        "--api-port <port>",
        "port of the cluster's API server (default: one that stays the same)",
        port,
      )
      .option("--egress", "give sandboxes a way out to the network; without it they reach nothing")
      .option("--fsync", "write every change through to the disk, so that it survives a power loss too")
      .addOption(dataDirOption()),
  )
    .addHelpText(
      "after",
      `
State stays in the data folder: Ctrl-C ends every sandbox's processes, and the next "sandgate up" starts them again.

Examples:
  $ sandgate up
  $ sandgate up --port 9000 --data-dir ./cluster`,
    )
    .action(async (options: Record<string, unknown>) =>
      (await import("./commands/up.ts")).up(context, options),
    );

  addConfigFlags(
    clusterOptions(
      program
        .command("gateway")
        .description(
          "start the gateway alone, for any cluster with agent-sandbox (kubeconfig, or in-cluster)",
        ),
      { dataDir: false },
    ),
  )
    .addHelpText(
      "after",
      `
Inside a pod the service account is used; elsewhere name the cluster with --kubeconfig or --context.

Examples:
  $ sandgate gateway --kubeconfig ~/.kube/config
  $ sandgate gateway --host 0.0.0.0 --api-keys keys.yaml --user-namespaces 'agents-{user}'`,
    )
    .action(async (options: Record<string, unknown>) =>
      (await import("./commands/gateway.ts")).gateway(context, options),
    );

  clusterOptions(program.command("create"))
    .description("make a sandbox and wait until it is ready")
    .argument("[sandbox]", "USER/NAME, or NAME for the user default")
    .option("--user <user>", "its user, where the name says none")
    .option("--image <image>", "container image (default: sandgate.dev/runtime:latest)")
    .option("--port <port>", "port that it serves on (default: 8888)", port)
    .option("-f, --file <file>", "a Sandbox as YAML or JSON instead; - reads standard input")
    .option("--no-wait", "do not wait until it is ready")
    .option("--timeout <seconds>", "how long to wait", seconds, 60)
    .addHelpText(
      "after",
      `
A manifest is in a version that the cluster serves: v1beta1, or v1alpha1 alone before agent-sandbox v0.5.0. What does not
become ready is told with the pod's own reason and with what mends it.

Examples:
  $ sandgate create alice/my-sandbox
  $ sandgate create -f sandbox.yaml`,
    )
    .action(async (name: string | undefined, options: CreateOptions) =>
      (await import("./commands/create.ts")).create(context, name, options),
    );

  clusterOptions(program.command("list"))
    .alias("ls")
    .description("list sandboxes of all namespaces, what each is doing, and why")
    .option("--user <user>", "only this user's")
    .addOption(outputOption())
    .addHelpText("after", OUTPUT_HELP)
    .action(async (options: ListOptions) => (await import("./commands/list.ts")).list(context, options));

  clusterOptions(program.command("get"))
    .description("show one sandbox: its state, why, its address, and what mends it where it is not ready")
    .argument("<sandbox>", "USER/NAME, or NAME for the user default")
    .addOption(outputOption())
    .addHelpText("after", OUTPUT_HELP)
    .action(async (name: string, options: GetOptions) =>
      (await import("./commands/get.ts")).get(context, name, options),
    );

  clusterOptions(program.command("delete"))
    .alias("rm")
    .description("delete sandboxes and wait until they are gone")
    .argument("<sandbox...>", "USER/NAME, or NAME for the user default")
    .option("--no-wait", "do not wait until they are gone")
    .option("--timeout <seconds>", "how long to wait for each", seconds, 60)
    .action(async (names: string[], options: DeleteOptions) =>
      (await import("./commands/delete.ts")).remove(context, names, options),
    );

  clusterOptions(program.command("exec"))
    .description("run a command in a sandbox, with its streams and its exit code")
    .argument("<sandbox>", "USER/NAME, or NAME for the user default")
    .argument("<command...>", "the command, after --")
    .option("-i, --stdin", "pass on the terminal's input (piped input always is)", false)
    .option("-t, --tty", "give the command a terminal", false)
    .option("-c, --container <name>", "container of the pod (default: the first)")
    .addHelpText(
      "after",
      `
Examples:
  $ sandgate exec alice/my-sandbox -- python3 -c 'print(6*7)'
  $ sandgate exec -it alice/my-sandbox -- bash
  $ echo 'print(6*7)' | sandgate exec alice/my-sandbox -- python3 -`,
    )
    .action(async (name: string, command: string[], options: ExecOptions) => {
      const { exec } = await import("./commands/exec.ts");
      exit(await exec(context, name, command, options));
    });

  clusterOptions(program.command("logs"))
    .description("print what a sandbox's container wrote")
    .argument("<sandbox>", "USER/NAME, or NAME for the user default")
    .option("-f, --follow", "go on as it writes more", false)
    .option("-p, --previous", "of the instance before the last restart", false)
    .option("--timestamps", "with the time of each line", false)
    .option("--tail <lines>", "only the last lines", count)
    .option("-c, --container <name>", "container of the pod (default: the first)")
    .action(async (name: string, options: LogsOptions) =>
      (await import("./commands/exec.ts")).logs(context, name, options),
    );

  addSettingsFlags(clusterOptions(program.command("doctor")))
    .description(
      "say what keeps sandboxes, or one of them, from being reached, and the command that mends it",
    )
    .argument("[sandbox]", "USER/NAME or USER/NAME:PORT; NAME for the user default")
    .option("--json", "print the report as JSON", false)
    .option(
      "--ignore <ids>",
      "findings that do not count, comma-separated, as in EXTENSIONS_MISSING",
      findingIds,
    )
    .addHelpText(
      "after",
      `
Exit code: 0 if all is well, 1 with findings, 2 if asked wrongly. It reads, and changes nothing.

Examples:
  $ sandgate doctor
  $ sandgate doctor alice/my-sandbox
  $ sandgate doctor --kubeconfig ~/.kube/config --json`,
    )
    .action(async (name: string | undefined, options: DoctorOptions) => {
      exit(await (await import("./commands/doctor.ts")).doctor(context, name, options));
    });

  program
    .command("kubeconfig")
    .description('print the path of the kubeconfig that the running "sandgate up" wrote')
    .addOption(dataDirOption())
    .addHelpText("after", "\nExample:\n  $ kubectl --kubeconfig $(sandgate kubeconfig) get pods -A")
    .action(async (options: { dataDir?: string }) =>
      (await import("./commands/kubeconfig.ts")).kubeconfig(context, options),
    );

  program
    .command("version")
    .description("print the version of Sandgate and of Node.js")
    .action(() => print(context, `sandgate ${VERSION} (Node.js ${process.versions.node})`));

  return program;
}

function clusterOptions(command: Command, options: { dataDir: boolean } = { dataDir: true }): Command {
  command
    .option("--kubeconfig <file>", "kubeconfig of the cluster")
    .option("--context <name>", "context of the kubeconfig")
    .option("-n, --namespace <name>", "namespace");
  return options.dataDir ? command.addOption(dataDirOption()) : command;
}

function dataDirOption(): Option {
  return new Option(
    "--data-dir <folder>",
    "data folder of the embedded cluster (SANDGATE_DATA_DIR; default: ~/.local/share/sandgate)",
  );
}

const OUTPUT_HELP = `
State, reason and message are those of the gateway's GET /sandboxes. As JSON and YAML a sandbox has the members address,
namespace, state, reason, message, pod, podIps, and object: the Sandbox in the version that the cluster serves.`;

function outputOption(): Option {
  return new Option("-o, --output <format>", "how to print it")
    .choices(["table", "json", "yaml"])
    .default("table");
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65535) {
    throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  }
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError("A time is a number of seconds above 0.");
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError("A count is a whole number from 0.");
  return value;
}

function findingIds(text: string): FindingId[] {
  return text.split(",").map((part) => {
    const id = part.trim();
    if (!isFindingId(id)) throw new InvalidArgumentError(`There is no finding ${JSON.stringify(id)}.`);
    return id;
  });
}
