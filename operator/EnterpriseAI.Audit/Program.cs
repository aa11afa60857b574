using EnterpriseAI.Audit;

return await AuditCommandLine.RunAsync(args, Console.Out, Console.Error, CancellationToken.None);
