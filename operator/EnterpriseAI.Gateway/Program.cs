using EnterpriseAI.Gateway;

return await GatewayCommand.RunAsync(args, Console.Out, Console.Error, CancellationToken.None);
