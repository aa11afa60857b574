using EnterpriseAI.Cli;

return await CommandRun.RunAsync(PluginCommand.Build(), args, Console.Error);
