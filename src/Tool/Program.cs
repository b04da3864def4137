return SparseDsl.Cli.Program.Main(args);
