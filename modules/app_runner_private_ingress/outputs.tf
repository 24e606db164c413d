output "arn" {
  description = "The ARN of the VPC ingress connection."
  value       = aws_apprunner_vpc_ingress_connection.this.arn
}

output "domain_name" {
  description = "The name under which the service answers over HTTPS inside the VPC."
  value       = aws_apprunner_vpc_ingress_connection.this.domain_name
}

output "security_group_id" {
  description = "The id of the security group that lets clients in."
  value       = aws_security_group.this.id
}

output "vpc_endpoint_id" {
  description = "The id of the VPC endpoint."
  value       = aws_vpc_endpoint.this.id
}
