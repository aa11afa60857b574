using EnterpriseAI.Agent;

return await AgentApplication.RunAsync(args, AgentHost.OfThisProcess());
